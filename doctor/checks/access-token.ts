import { errors, type JWTPayload, jwtVerify } from "jose";
import { type Check, findingsOf } from "../check.ts";
import { deploy } from "../commands.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { keySet } from "./key-set.ts";
import { signIn } from "./sign-in.ts";

const catalogue = {
  "token-unreadable": {
    level: "error",
    means: "The access token is not a JWT of type at+jwt that a published key has signed",
    why: "The gateway refuses it (RFC 9068), or a key is missing from the key set.",
  },
  "token-claims": {
    level: "error",
    means: "The access token names another issuer, audience or client, or has no session",
    why: "The gateway refuses it at the MCP server.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The access token is what the gateway's policy expects (RFC 9068). */
export const accessToken: Check = {
  name: "access-token",
  title: "Access token",
  needs: [signIn, keySet],
  catalogue,
  async examine(given, visit) {
    const { accessToken: token, clientId } = given(signIn);
    let claims: JWTPayload;
    try {
      const verified = await jwtVerify(token, given(keySet), {
        typ: "at+jwt",
        algorithms: ["RS256"],
        clockTolerance: 300,
      });
      claims = verified.payload;
    } catch (error) {
      const what = `It fails with ${error instanceof errors.JOSEError ? error.code : "an unknown error"}.`;
      return { findings: [find("token-unreadable", { what, mend: [deploy(visit)] })] };
    }
    const minutes = Math.round(((claims.exp ?? 0) - (claims.iat ?? 0)) / 60);
    return {
      findings: claimFindings(visit, claims, clientId),
      fine: `for ${visit.mcpUrl}, ${minutes} minutes`,
    };
  },
};

function claimFindings(visit: Visit, claims: JWTPayload, clientId: string): Finding[] {
  const wrong: string[] = [];
  if (claims.iss !== visit.origin) wrong.push(`iss is ${quote(claims.iss)}`);
  if (![claims.aud].flat().includes(visit.mcpUrl)) wrong.push(`aud is ${quote(claims.aud)}`);
  if (claims["client_id"] !== clientId) wrong.push(`client_id is ${quote(claims["client_id"])}`);
  if (!claims.sub || !claims["sid"] || !claims.exp) wrong.push("sub, sid or exp is missing");
  if (wrong.length === 0) return [];
  return [find("token-claims", { what: `${wrong.join("; ")}.`, mend: [deploy(visit)] })];
}
