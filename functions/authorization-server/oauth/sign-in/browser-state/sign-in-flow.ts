import type { Dependencies } from "../../../dependencies.ts";
import type { EntraRequest } from "../../../upstream/upstream.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import type { BrowserState } from "./sealed-state.ts";
import { signInCookies } from "./sign-in-cookies.ts";
import { isBegunBy } from "./sign-in-id.ts";

/**
 * A sign-in on its way through Entra. It lives in the browser that approved it and nowhere else: there is nothing to
 * store, nothing to flood, and an Entra URL that was carried to another browser ends there.
 */
export interface SignInFlow extends BrowserState {
  readonly request: AuthorizationRequest;
  readonly entra: EntraRequest;
  /** Entra was asked again, with claims. That happens only once. */
  readonly again?: true;
  /** Entra was asked again, for a new sign-in in place of one that was too old. That happens only once. */
  readonly anew?: true;
  /** Entra was asked again, because its answer was lost in the browser. That happens only once. */
  readonly lost?: true;
}

/**
 * Node takes 16 KiB of headers in all. An ordinary sign-in fits beside one of any size, and leaves room for what else a request
 * brings (cookies.test.ts counts it).
 */
const flows = signInCookies<SignInFlow>("sign-in", { most: 5, mostCharacters: 3850 });

/** @returns the ID of the flow that a consent form began in this browser, while it is on its way */
export function flowIdOf(request: Request, transaction: string): string | undefined {
  return flows.ids(request).find((id) => isBegunBy(transaction, id));
}

/** @returns the cookies that put a flow into the browser, and those that push old ones out */
export function flowCookies(
  needs: Pick<Dependencies, "gateway" | "keys" | "now">,
  request: Request,
  id: string,
  flow: Omit<SignInFlow, "expiresAt">,
): Promise<string[]> {
  return flows.put(needs, request, id, flow, needs.gateway.lifetimes.signIn);
}

/** @returns the flow that this browser approved under the ID; undefined when it did not, or it was altered */
export const openFlow = flows.open;

/** @returns the cookie that takes a flow out of the browser: it works once */
export const endFlow = flows.end;
