import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CompactSign, decodeJwt, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { send } from "./oauth-client.ts";

const SCRATCH = resolve(import.meta.dirname, "../../.twin");

/**
 * Finds the private key with which a twin signs, among what the twins on this machine have written: for tokens that are
 * ours in everything but one claim.
 *
 * @throws Error when there is none
 */
export async function signingKeyOf(twin: { readonly origin: string }): Promise<JWK> {
  const { keys } = (await send(`${twin.origin}/jwks`)).json as { keys: JWK[] };
  const [published] = keys;
  for (const folder of await readdir(SCRATCH)) {
    const file = join(SCRATCH, folder, "keys", `${published?.kid}.signing.jwk.json`);
    const key = await readFile(file, "utf8").then(
      (text) => JSON.parse(text) as JWK,
      () => undefined,
    );
    if (key?.n === published?.n && key) return key;
  }
  throw new Error("the twin's signing key was not found");
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
