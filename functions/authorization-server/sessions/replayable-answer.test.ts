import { describe, expect, it } from "vitest";
import { randomId, randomSecret } from "../crypto/secrets.ts";
import { sealAnswer, unsealAnswer } from "./replayable-answer.ts";

const secret = randomSecret();
const session = randomId();
const answer = JSON.stringify({ accessToken: "a.b.c", refreshToken: "rt.…" });

describe("a replayable answer", () => {
  it("TOK-5 opens with the refresh token that it answered", async () => {
    expect(await unsealAnswer(secret, session, await sealAnswer(secret, session, answer))).toBe(answer);
  });

  it("TOK-5 opens what an earlier release sealed", async () => {
    const sealed =
      "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..EQvqTw1opHRwSEvU.aQSfGmGaJ5wy-AjA8nykFKzX.DYm1lNCI15KKTl81G6lkpQ";
    expect(await unsealAnswer("s".repeat(43), "i".repeat(22), sealed)).toBe('{"server":"graph"}');
  });

  it("SES-1 shows nothing of the answer, nor of the secret", async () => {
    const sealed = await sealAnswer(secret, session, answer);
    const shown = sealed.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    expect(shown.join(" ")).not.toContain("accessToken");
    expect(sealed).not.toContain(secret);
    expect(await sealAnswer(secret, session, answer)).not.toBe(sealed);
  });

  it.each([
    ["another secret", randomSecret(), session],
    ["another session", secret, randomId()],
    ["no secret", "", session],
  ])("SES-1 does not open with %s", async (_, otherSecret, otherSession) => {
    const sealed = await sealAnswer(secret, session, answer);
    await expect(unsealAnswer(otherSecret, otherSession, sealed)).rejects.toThrow();
  });

  it.each([0, 2, 3, 4])("SES-1 does not open with a change in part %i", async (index) => {
    const parts = (await sealAnswer(secret, session, answer)).split(".");
    const part = parts[index] ?? "";
    parts[index] = (part.startsWith("A") ? "B" : "A") + part.slice(1);
    await expect(unsealAnswer(secret, session, parts.join("."))).rejects.toThrow();
  });
});
