import { isGuid } from "../../config/rules/entra-id.ts";
import { type Check, findingsOf } from "../check.ts";
import { argument, provision, readLog } from "../commands.ts";
import { isEntra } from "../entra/authority.ts";
import { claimsOf } from "../entra/claims.ts";
import type { EntraRequest } from "../entra/request.ts";
import type { Catalogue, Finding } from "../finding.ts";
import type { Answer } from "../network.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { postToMcp } from "./challenge.ts";
import { entraRequest } from "./entra-request.ts";

const catalogue = {
  "forged-entra-token-accepted": {
    level: "error",
    means: "A token that only says it is Entra's is not refused",
    why: "Anybody can write such a token, and use the MCP server as anybody they like.",
  },
  "entra-keys-unreachable": {
    level: "error",
    means: "The gateway cannot get the tenant's signing keys from Entra",
    why: "Callers that present Entra tokens get 503. Calls with a sign-in work.",
  },
  "entra-token-challenge": {
    level: "error",
    means: "The refusal of an Entra token does not lead to this gateway",
    why: "MCP clients would sign in with Entra itself, which does not know them.",
  },
  "entra-token-unreadable": {
    level: "error",
    means: "ENTRA_TOKEN is not an access token of Entra's",
    why: "The doctor presents nothing that may be another secret.",
  },
  "entra-token-audience": {
    level: "error",
    means: "The token in ENTRA_TOKEN is for another application",
    why: "The MCP server would refuse it, so the gateway does.",
  },
  "entra-token-refused": {
    level: "error",
    means: "The token in ENTRA_TOKEN is refused with 401",
    why: "The server takes no Entra tokens, or none of this client, tenant, version or kind.",
  },
  "entra-token-forbidden": {
    level: "error",
    means: "The token in ENTRA_TOKEN is refused with 403",
    why: "Its scope or role gives none of the server's scopes, or the person lacks a role or group.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

const CONFIGURATION = "servers[].entraTokens in gateway.config.ts says which tokens the server takes:";

/**
 * Entra tokens that callers present at the MCP server: a forged one is refused, and leads to this gateway, and the caller's own
 * is taken. From outside, a server that takes no such token looks like one that does, until a good one comes.
 *
 * @returns the caller's own token, when it is taken
 */
export const entraTokens: Check<string> = {
  name: "entra-tokens",
  title: "Entra tokens, presented",
  needs: [entraRequest],
  catalogue,
  async examine(given, visit) {
    const request = given(entraRequest);
    const findings = await forgedTokenFindings(visit, request);
    if (findings.length > 0) return { findings };
    if (visit.entraToken === undefined) {
      return { findings, fine: "a forged one is refused; --entra-token tries a good one" };
    }
    const refusals = await ownTokenFindings(visit, request, visit.entraToken);
    if (refusals.length > 0) return { findings: refusals };
    return {
      findings,
      fine: "a forged one is refused, and the one in ENTRA_TOKEN is taken",
      result: visit.entraToken,
    };
  },
};

async function forgedTokenFindings(visit: Visit, request: EntraRequest): Promise<Finding[]> {
  const answer = await postToMcp(visit, `Bearer ${forgedToken(visit, request)}`);
  const { status, headers } = answer;
  const log = readLog(visit, headers.get("x-correlation-id"));
  if (status === 503) {
    const what = `A token of the tenant ${quote(request.tenantId)} gets 503.`;
    const address = `${request.url.origin}/${argument(request.tenantId)}/v2.0/.well-known/openid-configuration`;
    const mend = [`API Management has to reach ${address}, and the keys that it names:`, ...log];
    return [find("entra-keys-unreachable", { what, mend })];
  }
  const challenge = headers.get("www-authenticate") ?? "";
  if (status !== 401) {
    const what = `A forged token gets ${status}.`;
    return [
      find("forged-entra-token-accepted", {
        what,
        mend: [`The gateway's own policies have to validate tokens:`, provision(visit), ...log],
      }),
    ];
  }
  if (challenge.includes(`resource_metadata="${visit.origin}/`) && !namesEntra(challenge)) return [];
  const what = `WWW-Authenticate is ${quote(challenge || "missing")}.`;
  const mend = ["policies/fragments/mcp-challenge.xml writes the challenge:", provision(visit)];
  return [find("entra-token-challenge", { what, mend })];
}

function namesEntra(challenge: string): boolean {
  return [...challenge.matchAll(/"(https:[^"]+)"/g)].some(([, url = ""]) => isEntra(url));
}

/** A token of the tenant and for the application in everything but its signature. */
function forgedToken(visit: Visit, { url, tenantId, resource }: EntraRequest): string {
  const nobody = "00000000-0000-0000-0000-000000000000";
  const now = Math.floor(visit.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: `${url.origin}/${tenantId}/v2.0`,
    aud: resource ?? nobody,
    tid: tenantId,
    azp: nobody,
    oid: nobody,
    sub: "made-up-by-the-doctor",
    scp: "made-up-by-the-doctor",
    ver: "2.0",
    iat: now,
    exp: now + 300,
  };
  const signature = Buffer.from("made-up-by-the-doctor".padEnd(256, "-")).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT", kid: "made-up-by-the-doctor" })}.${part(claims)}.${signature}`;
}

async function ownTokenFindings(visit: Visit, request: EntraRequest, token: string): Promise<Finding[]> {
  const claims = claimsOf(token);
  if (!claims?.iss || !isOfEntra(claims.iss, request)) {
    const what = "ENTRA_TOKEN is not a token of the authority that people sign in with.";
    return [find("entra-token-unreadable", { what, mend: ["Set ENTRA_TOKEN to the access token alone."] })];
  }
  const { resource } = request;
  if (resource && isGuid(resource) && ![resource, `api://${resource}`].includes(String(claims.aud))) {
    const what = `aud is ${quote(claims.aud)}, and the server's application is ${argument(resource)}.`;
    const mend = [`Ask Entra for the scope api://${argument(resource)}/.default.`, CONFIGURATION];
    return [find("entra-token-audience", { what, mend })];
  }
  return refusalFindings(visit, claims, await postToMcp(visit, `Bearer ${token}`));
}

function isOfEntra(issuer: string, { url }: EntraRequest): boolean {
  return isEntra(issuer) || URL.parse(issuer)?.origin === url.origin;
}

function refusalFindings(
  visit: Visit,
  claims: NonNullable<ReturnType<typeof claimsOf>>,
  { status, headers }: Answer,
): Finding[] {
  const log = readLog(visit, headers.get("x-correlation-id"));
  const { ver, iss, aud, azp, appid, scp, roles, exp } = claims;
  if (status === 401) {
    const ends = exp === undefined ? "missing" : new Date(exp * 1000).toISOString();
    const what = `The token has iss ${quote(iss)}, aud ${quote(aud)}, ver ${quote(ver)}, client ${quote(azp ?? appid)}, and ends ${ends}.`;
    return [find("entra-token-refused", { what, mend: [CONFIGURATION, provision(visit), ...log] })];
  }
  if (status === 403) {
    const what =
      scp === undefined ? `roles is ${quote(roles)}.` : `scp is ${quote(scp)}, roles ${quote(roles)}.`;
    return [find("entra-token-forbidden", { what, mend: [CONFIGURATION, provision(visit), ...log] })];
  }
  return [];
}
