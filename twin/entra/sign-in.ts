import { z } from "zod";
import { aadsts } from "./aadsts.ts";
import { answerWithCode, answerWithRefusal } from "./answer.ts";
import { isAssigned } from "./directory.ts";
import { readForm } from "./form.ts";
import type { Received, Reply } from "./loopback-server.ts";
import { CANCEL_FIELD, FLOW_FIELD, USER_FIELD } from "./pages.ts";
import { readScopes } from "./scopes.ts";
import { type Account, signedInAccounts, stayingSignedIn } from "./session.ts";
import { type Tenant, tenantOf } from "./tenant.ts";

export const FLOW_PURPOSE = "sign-in";

/** What travels through the sign-in page, sealed; flows in other tabs are none of its business. */
const signInFlow = z.object({
  clientId: z.string(),
  redirectUri: z.string(),
  responseMode: z.enum(["query", "form_post"]),
  scope: z.string(),
  codeChallenge: z.string(),
  nonce: z.string().optional(),
  state: z.string().optional(),
  claims: z.string().optional(),
  prompt: z.string().optional(),
});
export type SignInFlow = Readonly<z.infer<typeof signInFlow>>;

/**
 * `POST /{tenant}/login`: the user picked an account on the sign-in page, or cancelled. They stay signed in.
 *
 * @throws EntraError 50089 for a page that is too old or not ours, 50105 for a user whom the application keeps out
 */
export async function signIn(request: Received, tenant: Tenant): Promise<Reply> {
  if (request.method !== "POST") throw aadsts.wrongMethod("POST", request.method);
  const form = readForm(request);
  const opened = await tenant.seal.open(FLOW_PURPOSE, form.get(FLOW_FIELD) ?? "");
  if (opened === undefined || opened === "expired") throw aadsts.signInExpired();
  const flow = signInFlow.parse(opened);
  if (form.has(CANCEL_FIELD)) return answerWithRefusal(tenant, flow, aadsts.cancelled(), request);

  const oid = form.get(USER_FIELD) ?? "";
  const user = tenantOf(oid, tenant)?.directory.user(oid);
  if (!user) throw aadsts.malformedRequest();
  const anew = flow.prompt === "login";
  tenant.standing.signedIn(oid, flow.claims, anew);
  const others = await signedInAccounts(request, tenant);
  const before = anew ? undefined : others.find((each) => each.user.oid === oid);
  const account = before ?? { user, since: Math.floor(Date.now() / 1000) };
  const reply = grantCode(flow, account, tenant);
  const cookie = await stayingSignedIn(tenant, others, account);
  return { ...reply, headers: { ...reply.headers, "set-cookie": cookie } };
}

/**
 * Answers the client with a code for somebody who is signed in.
 *
 * @throws EntraError 50105 for a user whom the application keeps out
 */
export function grantCode(flow: SignInFlow, { user, since }: Account, tenant: Tenant): Reply {
  const theirs = tenantOf(user.oid, tenant);
  const client = theirs?.directory.application(flow.clientId);
  if (!theirs || !client) throw aadsts.unknownClient(flow.clientId, theirs?.tenantId ?? tenant.tenantId);
  const { resource } = readScopes(flow.scope, client, theirs.directory, theirs.tenantId);
  for (const application of [client, resource]) {
    if (!isAssigned(user, application)) {
      throw aadsts.userNotAssigned(application.clientId, application.displayName);
    }
  }
  const code = tenant.codes.issue({
    clientId: client.clientId,
    redirectUri: flow.redirectUri,
    codeChallenge: flow.codeChallenge,
    scope: flow.scope,
    nonce: flow.nonce,
    oid: user.oid,
    tenantId: theirs.tenantId,
    authTime: tenant.standing.sessionBegan(user.oid, since),
    generation: tenant.standing.generation(user.oid),
  });
  tenant.issued.add(code);
  tenant.log({
    component: "entra",
    level: "info",
    message: JSON.stringify({ event: "signed_in", user: user.oid, client: client.clientId }),
  });
  return answerWithCode(flow, code);
}
