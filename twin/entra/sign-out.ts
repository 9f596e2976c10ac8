import type { Received, Reply } from "./loopback-server.ts";
import { signedOutPage } from "./pages.ts";
import { signingOut } from "./session.ts";

/** `GET /{tenant}/oauth2/v2.0/logout` (OpenID Connect RP-Initiated Logout): nobody is signed in in this browser any more. */
export async function signOut(_request: Received): Promise<Reply> {
  const reply = signedOutPage();
  return { ...reply, headers: { ...reply.headers, "set-cookie": signingOut } };
}
