import { createHash, randomBytes } from "node:crypto";
import { PATIENCE_MS } from "./patience.ts";
import type { Person } from "./person.ts";

/** Parameters that replace a good request's, repeat one where a list, or leave one out where undefined. */
export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body where it is a JSON object, otherwise empty. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** An authorization request on its way, with what the client keeps of it. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

const REDIRECT_URI = "http://localhost:9999/callback";
const BOTH_GRANTS = ["authorization_code", "refresh_token"];

/** A plain OAuth 2.1 client of a gateway, and an MCP client as far as one POST goes. */
export class OAuthClient {
  readonly gateway: string;
  readonly id: string;
  readonly redirectUri: string;
  /** The secret of a client that registered for one, which its forms then carry (`client_secret_post`). */
  readonly secret: string | undefined;
  /** Everything that reached this client: status lines, headers, bodies, and the URLs the browser brought. */
  readonly received: string[] = [];
  /** Every code, verifier, token and secret that this client held. */
  readonly secrets = new Set<string>();

  /** @param gateway its origin, without a slash at the end */
  constructor(gateway: string, id: string, redirectUri: string = REDIRECT_URI, secret?: string) {
    this.gateway = gateway;
    this.id = id;
    this.redirectUri = redirectUri;
    this.secret = secret;
  }

  /**
   * Registers a client (RFC 7591).
   *
   * @throws Error when that fails
   */
  static async register(
    gateway: string,
    metadata: Readonly<Record<string, unknown>> = {},
  ): Promise<OAuthClient> {
    const redirectUris = [REDIRECT_URI];
    const answer = await send(`${gateway}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        client_name: "Test client",
        redirect_uris: redirectUris,
        grant_types: BOTH_GRANTS,
        ...metadata,
      }),
    });
    const { client_id: id, redirect_uris: registered, client_secret: secret } = answer.json;
    if (answer.status !== 201 || typeof id !== "string" || !Array.isArray(registered)) {
      throw new Error(`registration answered ${answer.status}: ${answer.text}`);
    }
    const ownSecret = typeof secret === "string" ? secret : undefined;
    const client = new OAuthClient(gateway, id, String(registered[0]), ownSecret);
    client.#note(answer);
    return client;
  }

  /** Prepares an authorization request with PKCE. */
  authorizationRequest(changes: Changes = {}): AuthorizationRequest {
    const verifier = randomBytes(32).toString("base64url");
    this.secrets.add(verifier);
    const parameters = withChanges(
      {
        response_type: "code",
        client_id: this.id,
        redirect_uri: this.redirectUri,
        state: randomBytes(16).toString("base64url"),
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      },
      changes,
    );
    return {
      url: `${this.gateway}/authorize?${parameters}`,
      verifier,
      redirectUri: parameters.get("redirect_uri") ?? this.redirectUri,
    };
  }

  /**
   * Takes the code from the URL that the browser brought.
   *
   * @throws Error when it brought an error
   */
  code(broughtBack: string): string {
    this.received.push(broughtBack);
    const { searchParams } = new URL(broughtBack);
    const code = searchParams.get("code");
    if (!code) throw new Error(`the browser brought no code but ${searchParams.get("error")}`);
    this.secrets.add(code);
    return code;
  }

  /** Redeems a code (RFC 6749 §4.1.3). */
  redeem(request: AuthorizationRequest, code: string, changes: Changes = {}): Promise<Answer> {
    return this.post(
      "/token",
      withChanges(
        {
          grant_type: "authorization_code",
          ...this.#credentials(),
          code,
          redirect_uri: request.redirectUri,
          code_verifier: request.verifier,
        },
        changes,
      ),
    );
  }

  /** Uses a refresh token (RFC 6749 §6). */
  refresh(refreshToken: string, changes: Changes = {}): Promise<Answer> {
    const form = { grant_type: "refresh_token", ...this.#credentials(), refresh_token: refreshToken };
    return this.post("/token", withChanges(form, changes));
  }

  /** Revokes a token (RFC 7009). */
  revoke(token: string, changes: Changes = {}): Promise<Answer> {
    return this.post("/revoke", withChanges({ ...this.#credentials(), token }, changes));
  }

  /** Posts a form to the gateway. */
  async post(path: string, form: URLSearchParams): Promise<Answer> {
    return this.#note(await send(`${this.gateway}${path}`, { method: "POST", body: form }));
  }

  /** Lets a person approve and sign in. @returns the request and its code, ready to redeem */
  async authorize(
    person: Person,
    user: string,
    changes: Changes = {},
  ): Promise<{ request: AuthorizationRequest; code: string }> {
    const request = this.authorizationRequest(changes);
    return { request, code: this.code(await person.allow(request.url, user)) };
  }

  /**
   * The whole sign-in, from the browser to the tokens.
   *
   * @throws Error when any step fails
   */
  async signIn(person: Person, user: string, changes: Changes = {}): Promise<Tokens> {
    const { request, code } = await this.authorize(person, user, changes);
    return tokensOf(await this.redeem(request, code));
  }

  /** Posts one JSON-RPC message to an MCP server. */
  async send(mcpUrl: string, accessToken: string | undefined, message: unknown): Promise<Answer> {
    return this.#note(
      await send(mcpUrl, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        },
        body: JSON.stringify(message),
      }),
    );
  }

  /** Calls a tool, without arguments unless some are given. */
  callTool(
    mcpUrl: string,
    accessToken: string | undefined,
    tool: string,
    args: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const params = { name: tool, arguments: args };
    return this.send(mcpUrl, accessToken, { jsonrpc: "2.0", id: 1, method: "tools/call", params });
  }

  #credentials(): Readonly<Record<string, string>> {
    return { client_id: this.id, ...(this.secret !== undefined && { client_secret: this.secret }) };
  }

  #note(answer: Answer): Answer {
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`);
    this.received.push([String(answer.status), ...headers, "", answer.text].join("\n"));
    for (const name of ["access_token", "refresh_token", "client_secret", "registration_access_token"]) {
      const value = answer.json[name];
      if (typeof value === "string") this.secrets.add(value);
    }
    return answer;
  }
}

/**
 * @returns the tokens of an answer of the token endpoint
 * @throws Error when it is an error
 */
export function tokensOf({ status, json, text }: Answer): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken } = json;
  if (status !== 200 || typeof accessToken !== "string" || typeof refreshToken !== "string") {
    throw new Error(`/token answered ${status}: ${status === 200 ? Object.keys(json) : text}`);
  }
  return { accessToken, refreshToken };
}

/**
 * @returns what a tool answered, from a JSON body or an event stream
 * @throws Error when the answer holds no result
 */
export function toolResult({ status, text }: Answer): Readonly<Record<string, unknown>> {
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  const { result } = objectOf(data);
  if (status !== 200 || typeof result !== "object" || result === null) {
    throw new Error(`the tool answered ${status}: ${text}`);
  }
  const { structuredContent } = result as { structuredContent?: unknown };
  return (structuredContent ?? result) as Readonly<Record<string, unknown>>;
}

/** Sends a request and reads the answer, redirects not followed. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, {
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...init,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: objectOf(text) };
}

/** The good parameters with some replaced, repeated where a list, and left out where undefined. */
export function withChanges(good: Readonly<Record<string, string>>, changes: Changes): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...good, ...changes })) {
    const values = value === undefined ? [] : [value].flat();
    for (const each of values) parameters.append(name, each);
  }
  return parameters;
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
