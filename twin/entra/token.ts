import { z } from "zod";
import { aadsts } from "./aadsts.ts";
import { redeemCode } from "./authorization-code-grant.ts";
import { authenticateClient } from "./client-assertion.ts";
import { clientCredentials } from "./client-credentials-grant.ts";
import { readForm, required } from "./form.ts";
import type { Grant } from "./grant.ts";
import { json, type Received, type Reply } from "./loopback-server.ts";
import { actOnBehalfOf } from "./on-behalf-of-grant.ts";
import { refresh } from "./refresh-token-grant.ts";
import type { Tenant } from "./tenant.ts";
import { tokenAnswer } from "./tokens.ts";

const grants: ReadonlyMap<string, Grant> = new Map([
  ["authorization_code", redeemCode],
  ["refresh_token", refresh],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", actOnBehalfOf],
]);

/** The one grant without a user. */
const CLIENT_CREDENTIALS = "client_credentials";

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
  if (!grant && grantType !== CLIENT_CREDENTIALS) throw aadsts.unsupportedGrantType(grantType);
  if (form.has("resource")) throw aadsts.resourceParameter();

  const client = await authenticateClient(form, tenant);
  if (!grant) return json(200, await clientCredentials(form, client, tenant));
  const { tenant: theirs, ...granted } = await grant(form, client, tenant);
  const answer = await tokenAnswer(theirs, {
    ...granted,
    client,
    capabilities: capabilitiesIn(form.get("claims")),
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

/** @returns the client capabilities that a claims request declares */
function capabilitiesIn(claims: string | undefined): readonly string[] {
  const asked = capabilityRequest.safeParse(claims);
  return asked.success ? asked.data.access_token.xms_cc.values : [];
}

const capabilityRequest = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.object({ access_token: z.object({ xms_cc: z.object({ values: z.array(z.string()) }) }) }));
