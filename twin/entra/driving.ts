import { createHash, randomBytes } from "node:crypto";
import type { LogLine } from "../component.ts";
import { type DemoTenant, demoTenant } from "./demo-tenant.ts";
import { type ManagedIdentity, TOKEN_EXCHANGE_AUDIENCE } from "./directory.ts";
import { type EntraOptions, type LocalEntra, startEntra } from "./start.ts";

/** A client of the stand-in in place of msal and a browser, for tests that send what those never would. */
export interface Driving {
  readonly entra: LocalEntra;
  readonly tenant: DemoTenant;
  readonly redirectUri: string;
  readonly lines: readonly LogLine[];
  /** A good authorization request, with some of its parameters replaced, or left out where undefined. */
  authorizeUrl(changes?: Changes): string;
  /**
   * Opens an authorization URL in a new browser, and picks an account by its object ID; undefined cancels.
   *
   * @returns where the answer goes, with its parameters as the query, also where Entra posts them
   */
  signIn(url: string, oid: string | undefined): Promise<URL>;
  /** A code, for {@link VERIFIER}. */
  code(oid: string): Promise<string>;
  /** A token of a managed identity. */
  assertion(identity: ManagedIdentity, resource?: string): Promise<string>;
  /** Posts a good form of the authorization server's to the token endpoint, with changes. */
  token(form: Changes): Promise<TokenAnswer>;
}

export type Changes = Readonly<Record<string, string | undefined>>;

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** The AADSTS number, if it is an error. */
  readonly aadsts: unknown;
}

export const VERIFIER = randomBytes(32).toString("base64url");
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ORIGIN = "http://localhost:8080";

/** Starts the demo tenant, with some options replaced. */
export async function drive(options: Partial<EntraOptions> = {}): Promise<Driving> {
  const tenant = demoTenant(ORIGIN);
  const lines: LogLine[] = [];
  const entra = await startEntra({ ...tenant, record: true, log: (line) => lines.push(line), ...options });
  const redirectUri = `${ORIGIN}/callback`;
  const authority = `${entra.url}/${tenant.tenantId}`;
  const scope = `${tenant.graphMcp.identifierUris[0]}/Mcp.Access openid profile offline_access`;

  const driving: Driving = {
    entra,
    tenant,
    redirectUri,
    lines,
    authorizeUrl: (changes = {}) =>
      `${authority}/oauth2/v2.0/authorize?${withChanges(
        {
          client_id: tenant.signIn.clientId,
          redirect_uri: redirectUri,
          response_type: "code",
          scope,
          state: "c3RhdGU+/w==",
          nonce: "nonce",
          code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
          code_challenge_method: "S256",
        },
        changes,
      )}`,
    signIn: async (url, oid) => {
      const page = await (await fetch(url)).text();
      const flow = /name="flow" value="([^"]+)"/.exec(page)?.[1] ?? "";
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? "";
      const response = await fetch(new URL(action, entra.url), {
        method: "POST",
        body: new URLSearchParams({ flow, ...(oid === undefined ? { cancel: "1" } : { user: oid }) }),
        redirect: "manual",
      });
      return answerOf(response);
    },
    code: async (oid) => {
      const back = await driving.signIn(driving.authorizeUrl(), oid);
      return back.searchParams.get("code") ?? "";
    },
    assertion: async (identity, resource = TOKEN_EXCHANGE_AUDIENCE) => {
      const query = new URLSearchParams({
        "api-version": "2019-08-01",
        resource,
        client_id: identity.clientId,
      });
      const response = await fetch(`${entra.identityEndpoint}?${query}`, {
        headers: { "x-identity-header": entra.identityHeader },
      });
      const { access_token } = (await response.json()) as { access_token: string };
      return access_token;
    },
    token: async (form) => {
      const response = await fetch(`${authority}/oauth2/v2.0/token`, {
        method: "POST",
        body: withChanges(
          {
            grant_type: "authorization_code",
            client_id: tenant.signIn.clientId,
            client_assertion_type: ASSERTION_TYPE,
            client_assertion: await driving.assertion(tenant.identity.authorizationServer),
            redirect_uri: redirectUri,
            code_verifier: VERIFIER,
            scope,
          },
          form,
        ),
      });
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, body, aadsts: (body["error_codes"] as number[] | undefined)?.[0] };
    },
  };
  return driving;
}

/**
 * @returns where an answer of the authorization endpoint goes, with its parameters as the query
 * @throws Error when it is none
 */
export async function answerOf(response: Response): Promise<URL> {
  const location = response.headers.get("location");
  if (location) return new URL(location);
  const page = await response.text();
  const [, action, fields] = /<form method="post" action="([^"]+)">(.*?)<\/form>/s.exec(page) ?? [];
  if (action === undefined || fields === undefined || !page.includes(".submit()")) {
    throw new Error(`no answer, but ${response.status}: ${page}`);
  }
  const url = new URL(unescapeHtml(action));
  for (const [, name = "", value = ""] of fields.matchAll(
    /<input type="hidden" name="([^"]+)" value="([^"]*)">/g,
  )) {
    url.searchParams.append(unescapeHtml(name), unescapeHtml(value));
  }
  return url;
}

function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

function withChanges(good: Readonly<Record<string, string>>, changes: Changes): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...good, ...changes })) {
    if (value !== undefined) parameters.set(name, value);
  }
  return parameters;
}
