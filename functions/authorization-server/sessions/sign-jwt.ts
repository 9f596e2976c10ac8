import type { KeyRing } from "../keys/key-ring.ts";

/**
 * @param type of the token (RFC 8725 §3.11): all that we sign is signed with the same keys, and this tells one kind from another
 * @returns the signed token (RFC 7515 §7.1)
 * @throws KeyError
 */
export async function signJwt(keys: KeyRing, type: string, claims: object): Promise<string> {
  const { algorithm, kid, sign } = await keys.signingKey();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: algorithm, typ: type, kid })}.${part(claims)}`;
  return `${input}.${Buffer.from(await sign(Buffer.from(input))).toString("base64url")}`;
}
