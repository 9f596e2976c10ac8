import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CompactSign, decodeJwt, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { send } from "./oauth-client.ts";
import type { TestTwin } from "./twin.ts";

/** Reads the private key with which a twin signs: for tokens that are ours in everything but one claim. */
export async function signingKeyOf(twin: Pick<TestTwin, "origin" | "folder">): Promise<JWK> {
  const { keys } = (await send(`${twin.origin}/jwks`)).json as { keys: JWK[] };
  return JSON.parse(await readFile(join(twin.folder, "keys", `${keys[0]?.kid}.signing.jwk.json`), "utf8"));
}

/** What to change in a token; undefined takes a member out. */
export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Signs a token again with some of its header and claims changed. */
export async function resign(token: string, key: JWK, changes: TokenChanges = {}): Promise<string> {
  const header = { ...decodeProtectedHeader(token), ...changes.header };
  const claims = { ...decodeJwt(token), ...changes.claims };
  const algorithm = String(header.alg);
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify({ ...header, alg: algorithm })))
    .sign(await importJWK(key, algorithm));
}
