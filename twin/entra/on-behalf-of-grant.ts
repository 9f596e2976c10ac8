import { errors, type JWTPayload, jwtVerify } from "jose";
import { aadsts } from "./aadsts.ts";
import { required } from "./form.ts";
import type { Grant } from "./grant.ts";
import { scopesForUser } from "./granting.ts";
import { issuerV1, issuerV2, type Tenant } from "./tenant.ts";
import { subjectOf } from "./tokens.ts";

/**
 * `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` with `requested_token_use=on_behalf_of`: an API exchanges
 * the user's token for itself for the user's token for another API.
 */
export const actOnBehalfOf: Grant = async (form, client, tenant) => {
  if (required(form, "requested_token_use") !== "on_behalf_of") throw aadsts.malformedRequest();
  const claims = await verify(required(form, "assertion"), tenant);
  const audience = String(claims.aud);
  if (![client.clientId, ...client.identifierUris].includes(audience)) {
    throw aadsts.userAssertionAudience(audience, client.clientId);
  }
  // Only an application's own token has its object ID as the subject.
  if (claims.sub === claims["oid"]) throw aadsts.appTokenAsAssertion(client.clientId);
  if (typeof claims["scp"] !== "string") throw aadsts.idTokenAsAssertion();

  const scope = required(form, "scope");
  const user = [...tenant.directory.users].find(({ oid }) => subjectOf(tenant, oid, client) === claims.sub);
  return { tenant, ...scopesForUser(scope, user?.oid ?? "", client, tenant), scope };
};

async function verify(assertion: string, tenant: Tenant): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, tenant.signingKey.verificationKey, {
      algorithms: ["RS256"],
      issuer: [issuerV2(tenant), issuerV1(tenant)],
      requiredClaims: ["exp", "sub"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw aadsts.userAssertionExpired();
    if (error instanceof errors.JOSEError) throw aadsts.invalidAssertion();
    throw error;
  }
}
