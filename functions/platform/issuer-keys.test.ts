import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { issuerKeys } from "./issuer-keys.ts";

const MINUTE_MS = 60_000;
const TIMEOUT_MS = 2_000;

let issuer: Server;
let url: URL;
let published: readonly object[];
let isOut: boolean;
let asked: number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  published = [];
  isOut = false;
  asked = 0;
  issuer = createServer((_request, response) => {
    asked++;
    response.writeHead(isOut ? 503 : 200).end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  url = new URL(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`);
});

afterEach(async () => {
  vi.useRealTimers();
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
});

/** Publishes a new key. @returns what signs with it */
async function newKey(kid: string): Promise<() => Promise<string>> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  published = [...published, { ...(await exportJWK(publicKey)), kid, alg: "RS256" }];
  return () => sign(privateKey, kid);
}

const sign = (key: CryptoKey, kid: string) =>
  new SignJWT({}).setProtectedHeader({ alg: "RS256", kid }).setExpirationTime("2d").sign(key);

const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * MINUTE_MS);

describe("the keys of an issuer", () => {
  it("SES-4 serve on, without a wait, for as long as the issuer is out", async () => {
    const token = await newKey("a");
    const keys = issuerKeys(url, TIMEOUT_MS);
    await jwtVerify(await token(), keys);
    isOut = true;
    for (const minutes of [11, 60, 12 * 60]) {
      pass(minutes);
      const before = asked;
      await jwtVerify(await token(), keys);
      await vi.waitFor(() => expect(asked).toBe(before + 1));
      await jwtVerify(await token(), keys);
      expect(asked).toBe(before + 1);
    }
  });

  it("SES-2 are fetched anew behind a request when they age, so that a withdrawn one goes", async () => {
    const withdrawn = await newKey("a");
    const keys = issuerKeys(url, TIMEOUT_MS);
    await jwtVerify(await withdrawn(), keys);
    published = [];
    await newKey("b");
    pass(11);
    await jwtVerify(await withdrawn(), keys);
    await vi.waitFor(async () => {
      await expect(jwtVerify(await withdrawn(), keys)).rejects.toThrow("no applicable key found");
    });
  });

  it("SES-2 are not used after a long time without requests, before they are fetched anew", async () => {
    const withdrawn = await newKey("a");
    const keys = issuerKeys(url, TIMEOUT_MS);
    await jwtVerify(await withdrawn(), keys);
    published = [];
    await newKey("b");
    pass(7 * 24 * 60);
    const token = await withdrawn();
    const both = await Promise.allSettled([jwtVerify(token, keys), jwtVerify(token, keys)]);
    for (const { status } of both) expect(status).toBe("rejected");
  });

  it("SES-2 are fetched at once for a token that names a new one", async () => {
    const first = await newKey("a");
    const keys = issuerKeys(url, TIMEOUT_MS);
    await jwtVerify(await first(), keys);
    const second = await newKey("b");
    pass(1);
    await jwtVerify(await second(), keys);
    expect(asked).toBe(2);
  });

  it("SES-4 are a failure that is no fault of the token's when none was ever had", async () => {
    isOut = true;
    const token = await newKey("a");
    await expect(jwtVerify(await token(), issuerKeys(url, TIMEOUT_MS))).rejects.toThrow("Expected 200 OK");
    isOut = false;
  });
});
