import { createHash } from "node:crypto";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { setting } from "./report.ts";

const TIMEOUT_MS = 10_000;

/** The other servers' way to Entra, as short as an operator of theirs could write it: no library but jose. */
export interface EntraSignIn {
  /** @returns where the browser goes */
  url(state: string, verifier: string): string;
  /** Redeems the code and checks the ID token. */
  finish(code: string, verifier: string): Promise<EntraAnswer>;
}

export interface EntraAnswer {
  readonly user: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** @returns undefined where the server signs nobody in at Entra */
export function entraSignIn(origin: string): EntraSignIn | undefined {
  const authorityHost = process.env["ENTRA_AUTHORITY_HOST"];
  if (!authorityHost) return undefined;
  const tenant = `${authorityHost}/${setting("ENTRA_TENANT_ID")}`;
  const clientId = setting("ENTRA_CLIENT_ID");
  const identity = setting("MANAGED_IDENTITY_CLIENT_ID");
  const keys = createRemoteJWKSet(new URL(`${tenant}/discovery/v2.0/keys`));
  const redirectUri = `${origin}/callback`;
  const scope = `openid profile offline_access ${setting("BENCH_SCOPE")}`;
  let assertion: Promise<string> | undefined;
  return {
    url(state, verifier) {
      const query = new URLSearchParams({
        client_id: clientId,
        response_type: "code",
        redirect_uri: redirectUri,
        scope,
        state,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      });
      return `${tenant}/oauth2/v2.0/authorize?${query}`;
    },
    async finish(code, verifier) {
      assertion ??= managedIdentityToken("api://AzureADTokenExchange", identity);
      const answer = await fetch(`${tenant}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id: clientId,
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: await assertion,
          code,
          code_verifier: verifier,
          redirect_uri: redirectUri,
          scope,
        }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const tokens = (await answer.json()) as Readonly<Record<string, string>>;
      if (!answer.ok) throw new Error(`Entra answered ${answer.status}: ${tokens["error_description"]}`);
      const { payload } = await jwtVerify(tokens["id_token"] ?? "", keys, {
        issuer: `${tenant}/v2.0`,
        audience: clientId,
      });
      return {
        user: String(payload["oid"]),
        accessToken: tokens["access_token"] ?? "",
        refreshToken: tokens["refresh_token"] ?? "",
      };
    },
  };
}

/** @returns a managed identity's token, which outlives the run */
export async function managedIdentityToken(resource: string, clientId: string): Promise<string> {
  const query = new URLSearchParams({ "api-version": "2019-08-01", resource, client_id: clientId });
  const answer = await fetch(`${setting("IDENTITY_ENDPOINT")}?${query}`, {
    headers: { "x-identity-header": setting("IDENTITY_HEADER") },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (!token) throw new Error(`the identity endpoint answered ${answer.status}`);
  return token;
}
