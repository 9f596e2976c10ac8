import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { sealAnswer, unsealAnswer } from "./replayable-answer.ts";

const base64url = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((each) => Buffer.from(each).toString("base64url"));
const place = fc.record({ secret: base64url(32), session: base64url(16) });
const answer = fc.string({ unit: "grapheme", maxLength: 300 });

describe("any replayable answer", () => {
  it("TOK-5 opens to what it was", async () => {
    await fc.assert(
      fc.asyncProperty(place, answer, async ({ secret, session }, given) => {
        expect(await unsealAnswer(secret, session, await sealAnswer(secret, session, given))).toBe(given);
      }),
      { numRuns: 300 },
    );
  });

  it("SES-1 does not open with any other secret or session", async () => {
    await fc.assert(
      fc.asyncProperty(place, place, answer, async (one, other, given) => {
        fc.pre(one.secret !== other.secret && one.session !== other.session);
        const sealed = await sealAnswer(one.secret, one.session, given);
        await expect(unsealAnswer(other.secret, one.session, sealed)).rejects.toThrow();
        await expect(unsealAnswer(one.secret, other.session, sealed)).rejects.toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it("SES-1 does not open with a change of any byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        place,
        answer,
        fc.constantFrom(0, 2, 3, 4),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async ({ secret, session }, given, index, at, change) => {
          const parts = (await sealAnswer(secret, session, given)).split(".");
          const bytes = Buffer.from(parts[index] ?? "", "base64url");
          if (bytes.byteLength === 0) return;
          bytes[at % bytes.byteLength] = (bytes[at % bytes.byteLength] ?? 0) ^ change;
          parts[index] = bytes.toString("base64url");
          await expect(unsealAnswer(secret, session, parts.join("."))).rejects.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });
});
