import { describe, expect, it } from "vitest";
import { type KeyVersion, planSigning } from "./signing-versions.ts";

const HOUR = 3600;
const NOW = 1_000 * HOUR;
const RULES = { activation: 2 * HOUR, tokenLifetime: HOUR };

/** A version made so many hours ago. */
function version(id: string, hoursAgo: number, more: Partial<KeyVersion> = {}): KeyVersion {
  return { id, enabled: true, createdAt: NOW - hoursAgo * HOUR, ...more };
}

/** `signing < published` in one line. */
function plan(...versions: readonly KeyVersion[]): string {
  const { signing, published } = planSigning(versions, NOW, RULES);
  return `${signing} of ${published.join(" ")}`;
}

describe("the versions of the signing key", () => {
  it.each<[what: string, versions: KeyVersion[], planned: string]>([
    ["the only version signs at once", [version("a", 0)], "a of a"],
    ["SES-2 a new version is published before it signs", [version("a", 900), version("b", 1)], "a of a b"],
    ["SES-2 and signs when everyone could see it", [version("a", 900), version("b", 2)], "b of a b"],
    ["of several that are all new the first signs", [version("b", 0.5), version("a", 1)], "a of a b"],
    [
      "SES-2 an old version stays until its last token has expired",
      [version("a", 900), version("b", 3.9)],
      "b of a b",
    ],
    ["and leaves an hour later", [version("a", 900), version("b", 4)], "b of b"],
    [
      "the one before the last left long ago",
      [version("a", 900), version("b", 500), version("c", 1)],
      "b of b c",
    ],
    [
      "a disabled version neither signs nor is published",
      [version("a", 900), version("b", 3, { enabled: false })],
      "a of a",
    ],
    [
      "a new version signs at once when the old one is withdrawn",
      [version("a", 900, { enabled: false }), version("b", 0)],
      "b of b",
    ],
    [
      "a replaced version signs again when its successor is withdrawn",
      [version("a", 900), version("b", 100, { enabled: false })],
      "a of a",
    ],
    [
      "an expired version does not sign but stays published for its tokens",
      [version("a", 900, { expiresAt: NOW - 1 }), version("b", 1)],
      "b of a b",
    ],
    [
      "an expired version leaves with its last token",
      [version("a", 900, { expiresAt: NOW - 2 * HOUR }), version("b", 1)],
      "b of b",
    ],
    [
      "a version that is not valid yet is published and does not sign",
      [version("a", 900), version("b", 3, { notBefore: NOW + HOUR })],
      "a of a b",
    ],
    [
      "the signing version is published however old",
      [version("a", 900), version("b", 500, { expiresAt: NOW - 400 * HOUR })],
      "a of a",
    ],
    ["of two of the same second all instances take the same", [version("b", 3), version("a", 3)], "b of a b"],
    ["no version, no signature", [], "undefined of "],
    ["only expired ones: no signature", [version("a", 900, { expiresAt: NOW - 1 })], "undefined of a"],
  ])("%s", (_what, versions, planned) => {
    expect(plan(...versions)).toBe(planned);
    expect(plan(...versions.toReversed())).toBe(planned);
  });
});
