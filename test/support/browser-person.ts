import type { Browser, BrowserContext, Locator, Page, Response } from "playwright-core";
import { PATIENCE_MS } from "./patience.ts";

export interface PersonOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
  readonly javaScript?: boolean;
  /** Has no mouse, but fingers. */
  readonly touch?: boolean;
  /** BCP 47; what the browser asks for in `Accept-Language`. */
  readonly locale?: string;
  /** Ignores the policies with which pages forbid scripts: what is left is how they write what they were given. */
  readonly ignoresPolicies?: boolean;
}

/** What the consent page shows, in its own words. */
export interface ConsentShown {
  readonly question: string;
  /** Said first, where the client did not name the server. */
  readonly notice: string | undefined;
  readonly client: string;
  readonly server: string;
  readonly serverUrl: string;
  /** Where the answer goes, and its address on this device. */
  readonly destination: string;
  readonly destinationAddress: string | undefined;
  readonly scopes: readonly string[];
  readonly warning: string | undefined;
}

/** A person with a browser of their own. Each URL is opened in a new tab. */
export class BrowserPerson {
  readonly #context: BrowserContext;
  readonly #runsScripts: boolean;
  /** Errors in the console, of pages, and of requests that were blocked or failed. */
  readonly complaints: string[] = [];
  /** Every URL that the browser asked for. */
  readonly requests: string[] = [];
  /** Those of them that were to be shown in a tab, not loaded by a page. */
  readonly navigations: string[] = [];

  /** A new person in the given browser. */
  static async at(browser: Browser, options: PersonOptions = {}): Promise<BrowserPerson> {
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1280, height: 800 },
      colorScheme: options.colorScheme ?? "light",
      javaScriptEnabled: options.javaScript ?? true,
      hasTouch: options.touch ?? false,
      isMobile: options.touch ?? false,
      locale: options.locale ?? "en-US",
      bypassCSP: options.ignoresPolicies ?? false,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return new BrowserPerson(context, options.javaScript ?? true);
  }

  private constructor(context: BrowserContext, runsScripts: boolean) {
    this.#context = context;
    this.#runsScripts = runsScripts;
    context.on("request", (request) => {
      this.requests.push(request.url());
      if (request.isNavigationRequest()) this.navigations.push(request.url());
    });
    context.on("requestfailed", (request) =>
      this.complaints.push(`${request.url()}: ${request.failure()?.errorText}`),
    );
    context.on("weberror", (error) => this.complaints.push(error.error().message));
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.complaints.push(message.text());
    });
  }

  /** Opens an authorization URL in a new tab, as a client asks the browser to. */
  async open(url: URL | string): Promise<Tab> {
    const tab = new Tab(await this.#context.newPage(), this.#runsScripts);
    await tab.open(url);
    return tab;
  }

  /** Whether the browser asked anything of an origin, in any tab. */
  visited(origin: string): boolean {
    return this.requests.some((url) => new URL(url).origin === new URL(origin).origin);
  }

  /** The names of the cookies that the person's browser holds of the gateway. */
  async cookies(): Promise<string[]> {
    const names = (await this.#context.cookies()).map((cookie) => cookie.name);
    return names.filter((name) => name.startsWith("__Host-"));
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}

/** One tab of a person's browser, in the middle of a sign-in. */
export class Tab {
  readonly page: Page;
  readonly #runsScripts: boolean;
  #response: Response | undefined;

  constructor(page: Page, runsScripts: boolean) {
    this.page = page;
    this.#runsScripts = runsScripts;
    page.on("response", (response) => {
      const request = response.request();
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) this.#response = response;
    });
  }

  /** HTTP status of the page that is shown. */
  get status(): number | undefined {
    return this.#response?.status();
  }

  /** HTTP headers of the page that is shown, by their names in lower case. */
  get headers(): Readonly<Record<string, string>> {
    return this.#response?.headers() ?? {};
  }

  get url(): URL {
    return new URL(this.page.url());
  }

  /** Goes to a URL, and on to where it leads. */
  async open(url: URL | string): Promise<void> {
    await this.page.goto(String(url));
    await this.#passAnswerOfEntra();
  }

  /** All that the page says. */
  text(): Promise<string> {
    return textOf(this.page.getByRole("main"));
  }

  /** Reads the consent page. */
  async consent(): Promise<ConsentShown> {
    const server = this.#detail("Server");
    const destination = this.#detail("Answer goes to");
    const serverUrl = await textOf(server.locator("small"));
    return {
      question: await textOf(this.page.getByRole("heading", { level: 1 })),
      notice: await optionalTextOf(this.page.locator("h1 + [role=note]")),
      client: await textOf(this.page.locator(".client-name > .name")),
      server: (await textOf(server)).replace(serverUrl, ""),
      serverUrl,
      destination: await textOf(destination.locator("strong")),
      destinationAddress: await optionalTextOf(destination.locator("small")),
      scopes: await this.page.getByRole("listitem").allTextContents(),
      warning: await optionalTextOf(this.page.locator("dl + [role=note]")),
    };
  }

  #detail(term: string): Locator {
    return this.page.locator("dl > div", { hasText: term }).getByRole("definition");
  }

  /** @returns where it led: to Entra's page, if all is well; to the client, where the person is signed in at Entra */
  allow(): Promise<URL> {
    return this.#decide("Allow and sign in");
  }

  /** @returns where it led: to the client, if all is well */
  deny(): Promise<URL> {
    return this.#decide("Deny");
  }

  /**
   * Denies a client that nobody runs here.
   *
   * @returns where the browser was on its way to
   */
  async leaveByDenying(): Promise<URL> {
    const gateway = this.url.origin;
    const leaving = this.page.waitForRequest((request) => new URL(request.url()).origin !== gateway);
    await restAndClick(this.page.getByRole("button", { name: "Deny" }));
    return new URL((await leaving).url());
  }

  /**
   * Picks an account at Entra.
   *
   * @param name the user's display name
   * @returns where it led: to the client, or to the gateway when the user may not use the server
   */
  signInAs(name: string): Promise<URL> {
    return this.#press(this.page.getByRole("button", { name }));
  }

  /**
   * Allows the client, and signs in where the person is not signed in at Entra from before.
   *
   * @param name the user's display name
   * @returns where it led
   */
  async allowAs(name: string): Promise<URL> {
    const led = await this.allow();
    return led.pathname.endsWith("/oauth2/v2.0/authorize") ? this.signInAs(name) : led;
  }

  /** Gives up at Entra. @returns where it led */
  cancelSignIn(): Promise<URL> {
    return this.#press(this.page.getByRole("button", { name: "Cancel" }));
  }

  /** Follows the link from a page of the gateway to the client. @returns where it led */
  goBackToClient(): Promise<URL> {
    return this.#press(this.page.getByRole("link", { name: /^Back to / }));
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  #decide(button: string): Promise<URL> {
    return this.#goneOn(() => restAndClick(this.page.getByRole("button", { name: button })));
  }

  #press(target: Locator): Promise<URL> {
    return this.#goneOn(() => target.click());
  }

  async #goneOn(act: () => Promise<void>): Promise<URL> {
    const before = this.page.url();
    await act();
    await this.page.waitForURL((url) => url.href !== before);
    await this.#passAnswerOfEntra();
    return this.url;
  }

  /**
   * Entra's page posts its answer by the only script of all pages here, or by the button of a person whose browser runs none; what the
   * person sees is where that leads.
   */
  async #passAnswerOfEntra(): Promise<void> {
    for (;;) {
      const at = this.page.url();
      const isOnItsWay = this.#response !== undefined && this.#response.url() !== at;
      if (!isOnItsWay && !this.headers["content-security-policy"]?.includes("script-src")) return;
      if (!isOnItsWay && !this.#runsScripts)
        await this.page.getByRole("button", { name: "Continue" }).click();
      await this.page.waitForURL((url) => url.href !== at);
    }
  }
}

/** Clicks a button of a form that decides something, as a person does: only after the form's cover is gone. */
export async function restAndClick(button: Locator): Promise<void> {
  // Forced: what lies over the button is what is waited for.
  await button.hover({ force: true });
  await coverIsGone(button);
  await button.click();
}

/**
 * Waits until no cover is over a button's form. A press removes the animation that takes the cover off; its release starts that
 * animation again. The end of one animation is therefore not enough.
 */
export async function coverIsGone(button: Locator): Promise<void> {
  const form = button.locator("xpath=ancestor::form");
  const isGone = () =>
    form.evaluate(async (element) => {
      const animations: { readonly finished: Promise<unknown> }[] = element.getAnimations({ subtree: true });
      await Promise.allSettled(animations.map(({ finished }) => finished));
      return element.ownerDocument.defaultView.getComputedStyle(element, "::after").visibility === "hidden";
    });
  while (!(await isGone()));
}

/** Allows the client and signs in. @returns the URL that the person landed on */
export async function approveAndSignIn(person: BrowserPerson, url: URL | string, user: string): Promise<URL> {
  const tab = await person.open(url);
  return tab.allowAs(user);
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent())?.replace(/\s+/g, " ").trim() ?? "";
}

async function optionalTextOf(locator: Locator): Promise<string | undefined> {
  return (await locator.count()) === 0 ? undefined : textOf(locator);
}
