import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EntraTokenVerifier } from "./entra.ts";
import { rememberingVerified } from "./remembered-tokens.ts";

/** In milliseconds. */
const MINUTE = 60_000;
const HOUR = 3600;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  // lru-cache takes a time of 0 for none.
  vi.advanceTimersByTime(1);
});
afterEach(() => vi.useRealTimers());

const seconds = () => Math.floor(Date.now() / 1000);

/** A verifier that takes every token for good, whose calls are counted. */
function verifier(lifetime = HOUR) {
  const exp = seconds() + lifetime;
  return vi.fn<EntraTokenVerifier>(async (token) => ({ jti: token, exp }));
}

describe("rememberingVerified", () => {
  it("GW-6 verifies a token once, and again after a minute", async () => {
    const verify = verifier();
    const remembering = rememberingVerified(verify);
    for (let time = 0; time <= MINUTE; time += 10_000) {
      expect(await remembering("a.b.c")).toMatchObject({ jti: "a.b.c" });
      vi.advanceTimersByTime(10_000);
    }
    expect(verify).toHaveBeenCalledTimes(1);
    await remembering("a.b.c");
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it("GW-6 verifies every other token, however like it is", async () => {
    const verify = verifier();
    const remembering = rememberingVerified(verify);
    for (const token of ["a.b.c", "a.b.d", "a.b.c ", "A.b.c", "a.b."]) {
      expect(await remembering(token)).toMatchObject({ jti: token });
    }
    expect(verify).toHaveBeenCalledTimes(5);
  });

  it("GW-6 never remembers a token that does not verify", async () => {
    const verify = vi.fn<EntraTokenVerifier>(() => Promise.reject(new Error("bad signature")));
    const remembering = rememberingVerified(verify);
    for (let time = 1; time <= 3; time++) {
      await expect(remembering("a.b.c")).rejects.toThrow("bad signature");
      expect(verify).toHaveBeenCalledTimes(time);
    }
  });

  it("GW-6 refuses a remembered token after its own end", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const verify = vi.fn<EntraTokenVerifier>(async (token) => (await jwtVerify(token, publicKey)).payload);
    const remembering = rememberingVerified(verify);
    const token = await new SignJWT({ exp: seconds() + 30 })
      .setProtectedHeader({ alg: "RS256" })
      .sign(privateKey);
    await remembering(token);
    vi.setSystemTime((seconds() + 29) * 1000);
    await remembering(token);
    expect(verify).toHaveBeenCalledTimes(1);
    vi.setSystemTime((seconds() + 1) * 1000);
    await expect(remembering(token)).rejects.toThrow('"exp" claim timestamp check failed');
    await expect(remembering(token)).rejects.toThrow('"exp" claim timestamp check failed');
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it("GW-6 does not remember a token without an end", async () => {
    const verify = vi.fn<EntraTokenVerifier>(async () => ({}));
    const remembering = rememberingVerified(verify);
    await remembering("a.b.c");
    await remembering("a.b.c");
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it("GW-6 gives a token no more time when the clock is set back", async () => {
    const verify = verifier();
    const remembering = rememberingVerified(verify);
    await remembering("a.b.c");
    vi.advanceTimersByTime(MINUTE + 1);
    vi.setSystemTime(Date.now() - HOUR * 1000);
    await remembering("a.b.c");
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it("GW-6 refuses a token whose key the issuer withdrew, a minute later", async () => {
    let keyIsThere = true;
    const remembering = rememberingVerified(async () => {
      if (!keyIsThere) throw new Error("no applicable key");
      return { exp: seconds() + HOUR };
    });
    await remembering("a.b.c");
    keyIsThere = false;
    vi.advanceTimersByTime(MINUTE);
    await remembering("a.b.c");
    vi.advanceTimersByTime(1);
    await expect(remembering("a.b.c")).rejects.toThrow("no applicable key");
  });

  it("remembers a few tokens, and forgets the one that it verified first", async () => {
    const verify = verifier();
    const remembering = rememberingVerified(verify);
    for (let n = 0; n < 33; n++) await remembering(`token ${n}`);
    expect(verify).toHaveBeenCalledTimes(33);
    await remembering("token 32");
    await remembering("token 1");
    expect(verify).toHaveBeenCalledTimes(33);
    await remembering("token 0");
    expect(verify).toHaveBeenCalledTimes(34);
  });
});
