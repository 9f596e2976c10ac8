import { aadsts } from "./aadsts.ts";
import { redeemCode } from "./authorization-code-grant.ts";
import { authenticateClient } from "./client-assertion.ts";
import type { EntraApplicationRegistration } from "./directory.ts";
import { type Form, readForm, required } from "./form.ts";
import { json, type Received, type Reply } from "./loopback-server.ts";
import { actOnBehalfOf } from "./on-behalf-of-grant.ts";
import { refresh } from "./refresh-token-grant.ts";
import type { Tenant } from "./tenant.ts";
import { type TokenRequest, tokenAnswer } from "./tokens.ts";

/** Reads one kind of grant; throws the EntraError that refuses it. */
export type Grant = (
  form: Form,
  client: EntraApplicationRegistration,
  tenant: Tenant,
) => Promise<Omit<TokenRequest, "client" | "clientInfo">>;

const grants: ReadonlyMap<string, Grant> = new Map([
  ["authorization_code", redeemCode],
  ["refresh_token", refresh],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", actOnBehalfOf],
]);

/**
 * `POST /{tenant}/oauth2/v2.0/token`
 *
 * @throws EntraError for every refusal
 */
export async function token(request: Received, tenant: Tenant): Promise<Reply> {
  if (request.method !== "POST") throw aadsts.wrongMethod("POST", request.method);
  const form = readForm(request);
  const grantType = required(form, "grant_type");
  const grant = grants.get(grantType);
  if (!grant) throw aadsts.unsupportedGrantType(grantType);
  if (form.has("resource")) throw aadsts.resourceParameter();

  const client = await authenticateClient(form, tenant);
  const granted = await grant(form, client, tenant);
  const answer = await tokenAnswer(tenant, {
    ...granted,
    client,
    clientInfo: form.get("client_info") === "1",
  });
  tenant.log({
    component: "entra",
    level: "info",
    message: JSON.stringify({
      event: "token_issued",
      grant: grantType,
      user: granted.user.oid,
      client: client.clientId,
      resource: granted.requested.resource.clientId,
    }),
  });
  return json(200, answer);
}
