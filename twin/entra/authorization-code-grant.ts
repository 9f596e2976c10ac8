import { createHash } from "node:crypto";
import { aadsts } from "./aadsts.ts";
import { required } from "./form.ts";
import type { Grant } from "./grant.ts";
import { scopesForUser } from "./granting.ts";

/** `grant_type=authorization_code`: a code is good once, for the client, redirect URI and verifier it was made for. */
export const redeemCode: Grant = async (form, client, tenant) => {
  const code = required(form, "code");
  const redirectUri = required(form, "redirect_uri");
  const verifier = form.get("code_verifier") ?? "";
  if (verifier) tenant.issued.add(verifier);

  const grant = tenant.codes.find(code);
  if (grant.clientId !== client.clientId) throw aadsts.grantOfAnother();
  if (grant.redirectUri !== redirectUri) throw aadsts.replyAddress(redirectUri, grant.redirectUri);
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  if (challenge !== grant.codeChallenge) throw aadsts.codeVerifier();
  const theirs = tenant.members().find(({ tenantId }) => tenantId === grant.tenantId);
  if (!theirs) throw aadsts.userNotInTenant(tenant.tenantId);
  if (grant.generation < tenant.standing.generation(grant.oid)) throw aadsts.grantRevoked();

  const scope = form.get("scope") ?? grant.scope;
  const { user, requested } = scopesForUser(scope, grant.oid, client, theirs);
  tenant.codes.redeem(code);
  return { tenant: theirs, user, requested, scope, nonce: grant.nonce, authTime: grant.authTime };
};
