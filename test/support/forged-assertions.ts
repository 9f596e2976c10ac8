import { exportJWK, generateKeyPair } from "jose";
import type { Tokens } from "./oauth-client.ts";
import { resign, signingKeyOf } from "./signing-key.ts";
import type { TestTwin } from "./twin.ts";

const ASSERTION = { typ: "mcp-assertion+jwt" };

const unsigned = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * Assertions for a server as the gateway makes them, and others that the server has to refuse.
 *
 * @param tokens of a session at the server, whose claims the assertions have
 */
export async function assertionsFor(
  twin: TestTwin,
  { accessToken }: Pick<Tokens, "accessToken">,
  audience: string,
): Promise<{
  readonly genuine: string;
  readonly refused: readonly (readonly [what: string, token: string])[];
}> {
  const key = await signingKeyOf(twin);
  const stranger = await exportJWK((await generateKeyPair("RS256", { extractable: true })).privateKey);
  const signed = (claims: object, header: object = {}, by = key) =>
    resign(accessToken, by, { header: { ...ASSERTION, ...header }, claims: { aud: audience, ...claims } });
  const now = Math.floor(Date.now() / 1000);
  const genuine = await signed({});
  const [, payload = ""] = genuine.split(".");
  return {
    genuine,
    refused: [
      ["the client's own access token", accessToken],
      ["an assertion for another server", await signed({ aud: "https://elsewhere.example/mcp" })],
      ["an assertion for a server whose name begins the same", await signed({ aud: `${audience}-2` })],
      ["an assertion of another issuer", await signed({ iss: "https://elsewhere.example" })],
      ["an assertion that has ended", await signed({ iat: now - 900, exp: now - 300 })],
      ["an assertion without its scope", await signed({ scope: "" })],
      ["a key of somebody else's under our kid", await signed({}, {}, stranger)],
      ["a kid of nobody", await signed({}, { kid: "nobody" }, stranger)],
      ["alg none", `${unsigned({ alg: "none", ...ASSERTION })}.${payload}.`],
      ["alg none with our kid", `${unsigned({ alg: "none", kid: key.kid, ...ASSERTION })}.${payload}.`],
    ],
  };
}
