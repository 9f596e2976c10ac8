import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import type { DataKey, KeyRing } from "../keys/key-ring.ts";
import { SealError, type SealPurpose, seal, unseal } from "./seal.ts";

const current: DataKey = { kid: "k2", key: new Uint8Array(randomBytes(32)) };
const old: DataKey = { kid: "k1", key: new Uint8Array(randomBytes(32)) };
const noSigning = () => Promise.reject(new Error("no signing key"));
const ring: KeyRing = {
  signingKey: noSigning,
  publicKeys: noSigning,
  dataKey: async () => current,
  dataKeyById: async (kid) => [current, old].find((each) => each.kid === kid),
};

const purpose = fc.constantFrom<SealPurpose>("consent", "decision", "sign-in", "entra-tokens");
const text = fc.string({ unit: "grapheme", maxLength: 200 });
const content = fc.record({ purpose, record: text, text });

/** The text that a changed one opens to; undefined when it does not open. */
async function opened(as: SealPurpose, record: string, sealed: string): Promise<string | undefined> {
  try {
    return await unseal(ring, as, record, sealed);
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

describe("what is sealed", () => {
  it("SES-1 opens to what it was", async () => {
    await fc.assert(
      fc.asyncProperty(content, async ({ purpose, record, text }) => {
        expect(await unseal(ring, purpose, record, await seal(ring, purpose, record, text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it("SES-1 does not open with any other purpose or record", async () => {
    await fc.assert(
      fc.asyncProperty(content, purpose, text, async (given, otherPurpose, otherRecord) => {
        const sealed = await seal(ring, given.purpose, given.record, given.text);
        const isSame = otherPurpose === given.purpose && otherRecord === given.record;
        expect(await opened(otherPurpose, given.record, sealed)).toBe(
          otherPurpose === given.purpose ? given.text : undefined,
        );
        expect(await opened(otherPurpose, otherRecord, sealed)).toBe(isSame ? given.text : undefined);
      }),
      { numRuns: 300 },
    );
  });

  it("SES-1 does not open with a change of any byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.constantFrom(0, 2, 3, 4),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async ({ purpose, record, text }, index, at, change) => {
          const parts = (await seal(ring, purpose, record, text)).split(".");
          const bytes = Buffer.from(parts[index] ?? "", "base64url");
          if (bytes.byteLength === 0) return;
          bytes[at % bytes.byteLength] = (bytes[at % bytes.byteLength] ?? 0) ^ change;
          parts[index] = bytes.toString("base64url");
          expect(await opened(purpose, record, parts.join("."))).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  it("SES-1 never opens to anything else, whatever is put into its text, and any text at all is refused properly", async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.nat(400),
        fc.nat(3),
        fc.string({ unit: "binary", maxLength: 3 }),
        fc.string({ unit: "binary" }),
        async ({ purpose, record, text }, at, length, put, anything) => {
          const sealed = await seal(ring, purpose, record, text);
          const changed = sealed.slice(0, at) + put + sealed.slice(at + length);
          expect([text, undefined]).toContain(await opened(purpose, record, changed));
          expect(await opened(purpose, record, anything)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});
