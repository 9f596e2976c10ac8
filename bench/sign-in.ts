import {
  type AuthorizationRequest,
  OAuthClient,
  send,
  type Tokens,
  tokensOf,
} from "../test/support/oauth-client.ts";
import type { Page } from "../test/support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../test/support/person.ts";

/** One client's way through an authorization server, a step at a time; each step leaves what the next one needs. */
export class SignIn {
  readonly #origin: string;
  readonly #mcpPath: string;
  readonly #scope: string | undefined;
  readonly #user: string;
  readonly #person: Person;
  #client: OAuthClient | undefined;
  #request: AuthorizationRequest | undefined;
  #page: Page | undefined;
  #code: string | undefined;
  #tokens: Tokens | undefined;

  /**
   * @param target.mcpPath of the MCP server; "/mcp" when left out
   * @param target.scope asked for; the server's own choice when left out
   * @param entra where people sign in
   * @param user display name
   */
  constructor(
    target: { readonly origin: string; readonly mcpPath?: string; readonly scope?: string },
    entra: { readonly url: string },
    user: string,
  ) {
    this.#origin = target.origin;
    this.#mcpPath = target.mcpPath ?? "/mcp";
    this.#scope = target.scope;
    this.#user = user;
    this.#person = new Person({ origin: target.origin, entra });
  }

  get accessToken(): string {
    return has(this.#tokens).accessToken;
  }

  get person(): Person {
    return this.#person;
  }

  async register(): Promise<void> {
    this.#client = await OAuthClient.register(this.#origin, {
      client_name: "Bench client",
      application_type: "native",
      token_endpoint_auth_method: "none",
      response_types: ["code"],
    });
  }

  /** As far as the consent page. */
  async authorize(): Promise<void> {
    const resource = `${this.#origin}${this.#mcpPath}`;
    this.#request = has(this.#client).authorizationRequest({ resource, scope: this.#scope });
    this.#page = await this.#person.openPage(this.#request.url);
  }

  /** The consent page's form, the sign-in at Entra, and back to the client. */
  async allow(): Promise<void> {
    const arrival = await this.#person.press(has(this.#page), "Allow");
    const broughtBack =
      "page" in arrival
        ? arrivedAtClient(await this.#person.press(arrival.page, this.#user))
        : arrival.atClient;
    this.#code = has(this.#client).code(broughtBack);
  }

  token(): Promise<void> {
    const { redirectUri, verifier } = has(this.#request);
    return this.#redeem({
      grant_type: "authorization_code",
      code: has(this.#code),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
  }

  refresh(): Promise<void> {
    return this.#redeem({ grant_type: "refresh_token", refresh_token: has(this.#tokens).refreshToken });
  }

  /** With the header field that API Management adds, which names the client that it counted. */
  async #redeem(grant: Readonly<Record<string, string>>): Promise<void> {
    const { id } = has(this.#client);
    const answer = await send(`${this.#origin}/token`, {
      method: "POST",
      headers: { "x-counted-client": encodeURIComponent(id) },
      body: new URLSearchParams({ ...grant, client_id: id, resource: `${this.#origin}${this.#mcpPath}` }),
    });
    this.#tokens = tokensOf(answer);
  }

  /** The gateway's own question for the person's Entra token, asked of the authorization server itself. */
  async sessionToken(): Promise<void> {
    const [, payload = ""] = this.accessToken.split(".");
    const { sub, sid, aud } = JSON.parse(Buffer.from(payload, "base64url").toString());
    const { status, text } = await send(`${this.#origin}/internal/session-token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sub, sid, aud }),
    });
    if (status !== 200) throw new Error(`the session token's endpoint answered ${status}: ${text}`);
  }

  /** Opens the account page, by Entra the first time. */
  async account(): Promise<Page> {
    const arrival = await this.#person.open(`${this.#origin}/account`);
    const page = arrivedAtPage(arrival);
    if (page.url.origin === this.#origin) return page;
    return arrivedAtPage(await this.#person.press(page, this.#user));
  }

  /** Registration to tokens. */
  async whole(): Promise<void> {
    await this.register();
    await this.authorize();
    await this.allow();
    await this.token();
  }
}

function has<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a step was left out");
  return value;
}
