import { CookieJar } from "./cookie-jar.ts";
import { type Form, formOf, type Page, readPage, sendsItself } from "./page.ts";
import { PATIENCE_MS } from "./patience.ts";

/** Where a browser's way through redirects ended: at a page, or at the client, which it hands the URL to. */
export type Arrival = { readonly page: Page } | { readonly atClient: string };

/** The sites of a twin that a person's browser opens; every other URL belongs to a client. */
export interface Sites {
  readonly origin: string;
  readonly entra: { readonly url: string };
}

/** Where a navigation comes from: undefined for the address bar, or a program that opened the browser. */
interface Initiator {
  readonly origin: string;
  readonly referrerPolicy: string;
}

const MOST_REDIRECTS = 10;

/** A person with a browser of their own: cookies, forms, and the headers with which Chromium says where they come from. */
export class Person {
  readonly cookies = new CookieJar();
  /** Every URL that this browser asked for, the redirects' too. */
  readonly requested: URL[] = [];
  readonly #sites: readonly string[];
  readonly #entra: string;
  readonly #formFields = new Set<string>();
  /** What the buttons said by which they signed in at Entra, where they are signed in since. */
  readonly #accounts = new Set<string>();

  constructor(sites: Sites) {
    this.#sites = [sites.origin, sites.entra.url];
    this.#entra = sites.entra.url;
  }

  /** Every cookie value and hidden form field that this browser ever held. */
  get secrets(): readonly string[] {
    return [...this.cookies.everyValue, ...this.#formFields];
  }

  /** Opens a URL as a client does that starts a browser. */
  open(url: string): Promise<Arrival> {
    return this.#navigate("GET", new URL(url), undefined);
  }

  /** Follows a link, or a script's navigation, on another site. */
  openFrom(site: string, url: string): Promise<Arrival> {
    return this.#navigate("GET", new URL(url), { origin: site, referrerPolicy: "" });
  }

  /** Sends a form that stands on another site, as Entra's answer does. */
  postFrom(site: string, url: string, fields: Readonly<Record<string, string>>): Promise<Arrival> {
    const initiator = { origin: site, referrerPolicy: "strict-origin-when-cross-origin" };
    return this.#navigate("POST", new URL(url), initiator, new URLSearchParams(fields));
  }

  /**
   * Sends a page's form by one of its buttons.
   *
   * @param label what the button says, or a part of it
   * @throws Error when the page has no such button
   */
  press(page: Page, label: string): Promise<Arrival> {
    const form = formOf(page);
    const button = form.buttons.find((each) => each.label.includes(label));
    if (!button) throw new Error(`no button "${label}" on the page "${page.title}" (${page.status})`);
    if (page.url.origin === this.#entra && label !== "Cancel") this.#accounts.add(button.label);
    return this.send(page, form, { ...form.fields, [button.name]: button.value });
  }

  /**
   * Sends a form with fields of one's own from a page. Its boxes are as the page has them, unless the fields say otherwise.
   *
   * @param fields a list stands for boxes of one name
   */
  send(
    page: Page,
    form: Form,
    fields: Readonly<Record<string, string | readonly string[]>>,
  ): Promise<Arrival> {
    for (const value of Object.values(form.fields)) this.#formFields.add(value);
    const initiator = {
      origin: page.url.origin,
      referrerPolicy: page.headers.get("referrer-policy") ?? "",
    };
    const body = new URLSearchParams();
    for (const { name, value } of form.ticked) if (!(name in fields)) body.append(name, value);
    for (const [name, value] of Object.entries(fields)) {
      for (const each of [value].flat()) body.append(name, each);
    }
    return this.#navigate("POST", form.action, initiator, body);
  }

  /**
   * Opens an authorization URL, allows it, and signs in, where they are not signed in at Entra from before.
   *
   * @param user display name
   * @param without the values of the boxes that the person unticks
   * @returns the URL at the client, as it was written
   * @throws Error when the way ended anywhere else, or Entra goes on with another account
   */
  async allow(authorizationUrl: string, user: string, without: readonly string[] = []): Promise<string> {
    const arrival = await this.#allowOn(await this.openPage(authorizationUrl), without);
    if ("page" in arrival) return arrivedAtClient(await this.press(arrival.page, user));
    const [account = "nobody"] = this.#accounts;
    if (!account.includes(user)) throw new Error(`Entra goes on with ${account}, not with ${user}`);
    return arrival.atClient;
  }

  #allowOn(page: Page, without: readonly string[]): Promise<Arrival> {
    const form = formOf(page);
    const offered = form.ticked.filter(({ name }) => name === "scope").map(({ value }) => value);
    const unknown = without.filter((scope) => !offered.includes(scope));
    if (unknown.length > 0) throw new Error(`the page has no box for ${unknown.join(", ")}`);
    const scope = offered.filter((each) => !without.includes(each));
    return this.send(page, form, { ...form.fields, scope, decision: "allow" });
  }

  /** Opens an authorization URL and allows it, as somebody who is not signed in at Entra. @returns Entra's page */
  async askEntra(authorizationUrl: string): Promise<Page> {
    return arrivedAtPage(await this.press(await this.openPage(authorizationUrl), "Allow"));
  }

  /** Opens an authorization URL and denies it. @returns the URL at the client */
  async deny(authorizationUrl: string): Promise<string> {
    return arrivedAtClient(await this.press(await this.openPage(authorizationUrl), "Deny"));
  }

  /** Opens a URL that must lead to a page. */
  async openPage(url: string): Promise<Page> {
    return arrivedAtPage(await this.open(url));
  }

  async #navigate(
    method: string,
    url: URL,
    initiator: Initiator | undefined,
    body?: URLSearchParams,
  ): Promise<Arrival> {
    const chain = [url];
    let current = { method, url, body };
    for (let hops = 0; hops < MOST_REDIRECTS; hops++) {
      const response = await this.#request(current, initiator, chain);
      this.cookies.store(current.url, response.headers);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || !location) {
        const page = await readPage(current.url, response);
        return sendsItself(page) ? this.send(page, formOf(page), formOf(page).fields) : { page };
      }
      await response.body?.cancel();
      const next = new URL(location, current.url);
      if (!this.#sites.includes(next.origin)) return { atClient: location };
      const keepsMethod = response.status === 307 || response.status === 308;
      current = keepsMethod ? { ...current, url: next } : { method: "GET", url: next, body: undefined };
      chain.push(next);
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects`);
  }

  #request(
    { method, url, body }: { method: string; url: URL; body: URLSearchParams | undefined },
    initiator: Initiator | undefined,
    chain: readonly URL[],
  ): Promise<Response> {
    this.requested.push(url);
    const site = fetchSite(initiator, chain);
    const cookie = this.cookies.header(url, { crossSite: site === "cross-site", method });
    return fetch(url, {
      method,
      redirect: "manual",
      headers: {
        accept: "text/html",
        "sec-fetch-dest": "document",
        "sec-fetch-site": site,
        ...(method === "POST" && initiator ? { origin: originHeader(initiator, url) } : {}),
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body ? { body } : {}),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }
}

/** @throws Error when the way ended at a page, naming it */
export function arrivedAtClient(arrival: Arrival): string {
  if ("atClient" in arrival) return arrival.atClient;
  throw new Error(`ended at the page "${arrival.page.title}" (${arrival.page.status})`);
}

/** @throws Error when the way ended at a client */
export function arrivedAtPage(arrival: Arrival): Page {
  if ("page" in arrival) return arrival.page;
  const { origin, searchParams } = new URL(arrival.atClient);
  throw new Error(`ended at the client ${origin} (${searchParams.get("error") ?? "with a code"})`);
}

/** Fetch Metadata §2.3: the farthest of all hops. */
function fetchSite(initiator: Initiator | undefined, chain: readonly URL[]): string {
  if (!initiator) return "none";
  const from = new URL(initiator.origin);
  if (chain.some((url) => url.protocol !== from.protocol || url.hostname !== from.hostname))
    return "cross-site";
  return chain.every((url) => url.origin === from.origin) ? "same-origin" : "same-site";
}

/** Fetch §3.1: a referrer policy that hides the page hides its origin, too. */
function originHeader({ origin, referrerPolicy }: Initiator, url: URL): string {
  const hidden =
    referrerPolicy === "no-referrer" || (referrerPolicy === "same-origin" && url.origin !== origin);
  return hidden ? "null" : origin;
}
