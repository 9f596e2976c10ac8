import { createHash, randomBytes } from "node:crypto";
import type { EntraApplicationRegistration, ManagedIdentity } from "../../twin/entra/directory.ts";
import { answerOf } from "../../twin/entra/driving.ts";
import type { Twin } from "../../twin/twin.ts";
import { type Answer, send } from "./oauth-client.ts";

type Tenant = Pick<Twin, "entra" | "tenant">;

/** What the token endpoint of the stand-in for Entra answers to a form. */
export function askEntra(
  { entra, tenant }: Tenant,
  form: Readonly<Record<string, string>>,
  tenantId = tenant.tenantId,
): Promise<Answer> {
  const url = `${entra.url}/${tenantId}/oauth2/v2.0/token`;
  return send(url, { method: "POST", body: new URLSearchParams(form) });
}

/** An application's own token for a resource, by its client secret. */
export async function workloadToken(
  twin: Tenant,
  client: EntraApplicationRegistration = twin.tenant.nightlyReport,
  resource = twin.tenant.graphMcp,
): Promise<string> {
  return accessTokenIn(
    await askEntra(twin, {
      grant_type: "client_credentials",
      client_id: client.clientId,
      client_secret: client.secret ?? "",
      scope: `${resource.identifierUris[0]}/.default`,
    }),
  );
}

/** A managed identity's token for a resource, as a program in Azure gets it. */
export async function managedIdentityToken(
  { entra, tenant }: Tenant,
  identity: ManagedIdentity = tenant.identity.nightlyReport,
  resource: string = tenant.graphMcp.identifierUris[0] ?? "",
): Promise<string> {
  const query = new URLSearchParams({ "api-version": "2019-08-01", resource, client_id: identity.clientId });
  return accessTokenIn(
    await send(`${entra.identityEndpoint}?${query}`, {
      headers: { "x-identity-header": entra.identityHeader },
    }),
  );
}

/** The tokens that a public client gets for a person: authorization code with PKCE, straight from Entra. */
export async function tokensOfPerson(
  twin: Tenant,
  person: string,
  scope = `${twin.tenant.graphMcp.identifierUris[0]}/Mcp.Access openid profile`,
): Promise<{ readonly accessToken: string; readonly idToken: string }> {
  const { entra, tenant } = twin;
  const user = tenant.users.find(({ displayName }) => displayName === person);
  const verifier = randomBytes(32).toString("base64url");
  const redirect_uri = tenant.consoleClient.redirectUris[0] ?? "";
  const request = new URLSearchParams({
    client_id: tenant.consoleClient.clientId,
    response_type: "code",
    redirect_uri,
    scope,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const { text: page } = await send(`${entra.url}/${tenant.tenantId}/oauth2/v2.0/authorize?${request}`);
  const flow = /name="flow" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? "";
  const back = await answerOf(
    await fetch(new URL(action, entra.url), {
      method: "POST",
      body: new URLSearchParams({ flow, user: user?.oid ?? "" }),
      redirect: "manual",
    }),
  );
  const answer = await askEntra(twin, {
    grant_type: "authorization_code",
    client_id: tenant.consoleClient.clientId,
    code: back.searchParams.get("code") ?? "",
    redirect_uri,
    code_verifier: verifier,
  });
  return { accessToken: accessTokenIn(answer), idToken: String(answer.json["id_token"]) };
}

function accessTokenIn({ json, status, text }: Answer): string {
  const token = json["access_token"];
  if (typeof token !== "string") throw new Error(`Entra answered ${status}: ${text}`);
  return token;
}
