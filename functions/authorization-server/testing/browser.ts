import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";
import { type Route, type RouteName, routes } from "../routes.ts";
import { counted, type LoggedLine, makeCall, withCookies } from "./calls.ts";
import { ISSUER } from "./gateway.ts";

/** What a browser says of a form of our own page. */
export const SAME_ORIGIN = { origin: ISSUER, "sec-fetch-site": "same-origin" };

/** What a browser says of the form on Entra's page, which answers us. */
export const FROM_ENTRA = {
  origin: "https://login.example",
  "sec-fetch-dest": "document",
  "sec-fetch-site": "cross-site",
};

/** @returns the scopes whose boxes are ticked on a consent page */
export function tickedOn(page: string): readonly string[] {
  return [...page.matchAll(/<input type="checkbox" name="scope" value="([^"]+)" checked/g)].map(
    ([, scope = ""]) => scope,
  );
}

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
    // SameSite=Lax
    const isForeignForm = init.method === "POST" && headers.get("sec-fetch-site") === "cross-site";
    const cookie = passedOn(name, withCookies(this.cookies).headers.get("cookie") ?? "");
    if (cookie && !isForeignForm) headers.set("cookie", cookie);
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

  /** Entra's page posts its answer, and the browser follows the redirect. */
  async bringAnswer(answer: Readonly<Record<string, string>>) {
    const body = new URLSearchParams(answer);
    const posted = await this.exchange("entra-answer", "/callback", {
      method: "POST",
      body,
      headers: FROM_ENTRA,
    });
    if (posted.location === undefined) return posted;
    const { pathname, search } = new URL(posted.location);
    return this.exchange("callback", `${pathname}${search}`, { headers: { "sec-fetch-site": "cross-site" } });
  }
}

/** @returns the cookies that the gateway passes on to a route */
export function passedOn(name: RouteName, cookie: string): string {
  const { cookies = [] }: Route = routes[name];
  const isRead = (held: string) =>
    cookies.some((each) => (each.endsWith("-") ? held.startsWith(each) : held === each));
  return cookie
    .split("; ")
    .filter((pair) => isRead((pair.split("=")[0] ?? "").replace("__Host-", "")))
    .join("; ");
}
