import type { Dependencies } from "../oauth/dependencies.ts";
import { endpoints } from "../oauth/endpoints.ts";
import type { RouteName } from "../routes.ts";
import { counted, type LoggedLine, makeCall, withCookies } from "./calls.ts";
import { ISSUER } from "./gateway.ts";

/** What a browser says of a form of our own page. */
export const SAME_ORIGIN = { origin: ISSUER, "sec-fetch-site": "same-origin" };

/** A browser, with its cookies, before the endpoints that a person walks through. */
export class TestBrowser {
  cookies: string[] = [];
  /** What was logged in all of its requests. */
  readonly lines: LoggedLine[] = [];
  readonly #before: { readonly dependencies: Dependencies };

  /** @param before may be given other dependencies between two requests */
  constructor(before: { readonly dependencies: Dependencies }) {
    this.#before = before;
  }

  /** @param path with its query */
  async exchange(name: RouteName, path: string, init: RequestInit = {}) {
    const headers = new Headers(init.headers);
    const cookie = withCookies(this.cookies).headers.get("cookie");
    if (cookie) headers.set("cookie", cookie);
    if (init.body instanceof URLSearchParams) {
      const added = counted(init.body, headers.get("authorization") ?? "");
      for (const [field, value] of Object.entries(added)) headers.set(field, value);
    }
    const call = makeCall();
    const request = new Request(`${ISSUER}${path}`, { ...init, headers });
    const response = await endpoints(this.#before.dependencies)[name](request, call);
    this.cookies.push(...response.headers.getSetCookie());
    this.lines.push(...call.lines);
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get("location") ?? undefined,
      lines: call.lines,
    };
  }
}
