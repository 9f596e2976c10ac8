import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { aadsts } from "./aadsts.ts";
import type { EntraApplicationRegistration } from "./directory.ts";
import { type Form, required } from "./form.ts";
import type { Tenant } from "./tenant.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * Authenticates the caller of the token endpoint: by workload identity federation, where its assertion is the token of a
 * managed identity that a federated credential of the application trusts (RFC 7523 §3), or by a secret. A public client has
 * neither.
 *
 * @throws EntraError naming the first thing that is wrong
 */
export async function authenticateClient(form: Form, tenant: Tenant): Promise<EntraApplicationRegistration> {
  const clientId = required(form, "client_id");
  const client = tenant.directory.application(clientId);
  if (!client) throw aadsts.unknownClient(clientId, tenant.tenantId);
  const [secret, assertion] = [form.get("client_secret"), form.get("client_assertion")];
  if (client.publicClient) {
    if (secret || assertion) throw aadsts.credentialOfPublicClient();
    return client;
  }
  if (secret !== undefined) {
    if (secret !== client.secret) throw aadsts.invalidClientSecret();
    return client;
  }
  if (!assertion) throw aadsts.missingClientCredential();
  if (required(form, "client_assertion_type") !== ASSERTION_TYPE) throw aadsts.malformedRequest();

  matchCredential(client, read(assertion), tenant.identityIssuer);
  const claims = await verify(assertion, tenant);
  if (claims["idtyp"] !== "app") throw aadsts.assertionOfUser();
  return client;
}

function read(assertion: string): JWTPayload {
  try {
    return decodeJwt(assertion);
  } catch {
    throw aadsts.malformedAssertion();
  }
}

/** Letter for letter, as Entra compares since 2024. */
function matchCredential(
  client: EntraApplicationRegistration,
  claims: JWTPayload,
  identityIssuer: string,
): void {
  const ofIssuer = client.federatedCredentials.filter(
    (each) => (each.issuer ?? identityIssuer) === claims.iss,
  );
  if (ofIssuer.length === 0) throw aadsts.assertionIssuer(String(claims.iss));
  const ofSubject = ofIssuer.filter((each) => each.subject === claims.sub);
  if (ofSubject.length === 0) throw aadsts.assertionSubject(String(claims.sub));
  if (!ofSubject.some((each) => each.audience === claims.aud)) {
    throw aadsts.assertionAudience(String(claims.aud));
  }
}

async function verify(assertion: string, tenant: Tenant): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, tenant.signingKey.verificationKey, {
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
      throw aadsts.assertionExpired();
    }
    if (error instanceof errors.JOSEError) throw aadsts.assertionSignature();
    throw error;
  }
}
