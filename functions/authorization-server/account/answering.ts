import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { Call, Wrapper } from "../../platform/endpoint.ts";
import type { Explanation } from "../errors.ts";
import { logRefusal, toPageError } from "../oauth/failures.ts";
import { accountRefusalPage } from "../pages/account-refusal-page.ts";
import { type Presented, presentationFor } from "../pages/presentation.ts";
import { accountUrl, PICK_ACCOUNT } from "./account-url.ts";

/** What another account may mend; Entra would sign in the same one again. */
const OF_THIS_ACCOUNT = new Set<Explanation | undefined>(["entraRefused", "organizationNotLetIn"]);

type Needs = Presented & Pick<ResolvedGateway, "issuer">;

/** For the endpoints of the account page: errors become a page with a way back to it. */
export function answeringOnAccount(gateway: Needs, name: string): Wrapper {
  return (endpoint) => async (request, call) => {
    try {
      return await endpoint(request, call);
    } catch (cause) {
      return accountErrorPage(gateway, name, request, call, cause);
    }
  };
}

/** The page that says what went wrong, with a way back to the account page. */
export function accountErrorPage(
  gateway: Needs,
  name: string,
  request: Request,
  call: Call,
  cause: unknown,
): Response {
  const error = toPageError(call, cause);
  logRefusal(call, name, error);
  const presentation = presentationFor(gateway, request);
  const back = accountUrl(gateway, OF_THIS_ACCOUNT.has(error.explanation) ? { prompt: PICK_ACCOUNT } : {});
  const page = accountRefusalPage(presentation, error, back, call.correlationId);
  if (error.retryAfter !== undefined) page.headers.set("retry-after", String(error.retryAfter));
  return page;
}
