import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";

/** For this app's tests: what it needs of Entra, the managed identity's endpoint and Graph, on one loopback port. */

export const TENANT_ID = "11111111-1111-4111-8111-111111111111";
/** Its users may use the app, too. */
export const FURTHER_TENANT_ID = "55555555-5555-4555-8555-555555555555";
export const CLIENT_ID = "22222222-2222-4222-8222-222222222222";
export const USER_ID = "33333333-3333-4333-8333-333333333333";
export const MCP_CLIENT_ID = "44444444-4444-4444-8444-444444444444";
/** The application that people sign in to at the gateway. */
export const GATEWAY_CLIENT_ID = "66666666-6666-4666-8666-666666666666";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** It is given only then. */
  readonly after?: Promise<void>;
}

export interface StandIns {
  readonly url: string;
  /** What the next calls are answered; each call of On-Behalf-Of gets the next Graph token. */
  token: Answer | undefined;
  graph: Answer | undefined;
  keysAvailable: boolean;
  /** Form fields of each call to the token endpoint. */
  readonly tokenRequests: URLSearchParams[];
  /** The tenant whose endpoint each of them went to. */
  readonly tokenTenants: string[];
  /** `Authorization` of each call to Graph. */
  readonly graphAuthorizations: string[];
  /** A token for the app, with the claims of a signed-in user unless others are given. */
  signToken(
    claims?: Readonly<Record<string, unknown>>,
    options?: { key?: CryptoKey; kid?: string },
  ): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the stand-ins on a free port, with a signing key of their own. */
export async function startStandIns(): Promise<StandIns> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "key", use: "sig", alg: "RS256" };

  const server = createServer(async (request, response) => {
    const answer = await route(request);
    await answer.after;
    response.writeHead(answer.status, { "Content-Type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const standIns: StandIns = {
    url,
    token: undefined,
    graph: undefined,
    keysAvailable: true,
    tokenRequests: [],
    tokenTenants: [],
    graphAuthorizations: [],
    signToken: (claims = {}, options = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        iss: `${url}/${TENANT_ID}/v2.0`,
        aud: CLIENT_ID,
        tid: TENANT_ID,
        oid: USER_ID,
        sub: "subject",
        ver: "2.0",
        name: "Adele Vance",
        preferred_username: "adele@contoso.example",
        azp: GATEWAY_CLIENT_ID,
        scp: "Mcp.Access profile",
        roles: ["Mcp.User"],
        iat: now,
        exp: now + 3600,
        ...claims,
      })
        .setProtectedHeader({ alg: "RS256", kid: options.kid ?? "key" })
        .sign(options.key ?? privateKey);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };

  async function route(request: IncomingMessage): Promise<Answer> {
    const { pathname } = new URL(request.url ?? "/", url);
    switch (pathname) {
      case `/${TENANT_ID}/discovery/v2.0/keys`:
      case `/${FURTHER_TENANT_ID}/discovery/v2.0/keys`:
        return standIns.keysAvailable ? { status: 200, body: { keys: [jwk] } } : { status: 500, body: {} };
      case "/msi/token":
        return {
          status: 200,
          body: {
            access_token: "managed-identity-token",
            expires_on: String(Math.floor(Date.now() / 1000) + 3600),
            resource: "api://AzureADTokenExchange",
            token_type: "Bearer",
          },
        };
      case `/${TENANT_ID}/oauth2/v2.0/token`:
      case `/${FURTHER_TENANT_ID}/oauth2/v2.0/token`:
        standIns.tokenRequests.push(new URLSearchParams(await text(request)));
        standIns.tokenTenants.push(pathname.split("/")[1] ?? "");
        return standIns.token ?? graphToken(`graph-token-${standIns.tokenRequests.length}`);
      case "/v1.0/me":
        standIns.graphAuthorizations.push(request.headers.authorization ?? "");
        return standIns.graph ?? { status: 200, body: PROFILE };
      default:
        return { status: 404, body: {} };
    }
  }
  return standIns;
}

export const PROFILE = {
  "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
  id: USER_ID,
  displayName: "Adele Vance",
  userPrincipalName: "adele@contoso.example",
  mail: "adele@contoso.example",
  jobTitle: "Engineer",
  officeLocation: null,
  businessPhones: ["+1 425 555 0100"],
};

/** An answer of the token endpoint that gives a token for Graph, ending after so many seconds. */
export function graphToken(token: string, expiresIn = 3600): Answer {
  return {
    status: 200,
    body: { token_type: "Bearer", access_token: token, expires_in: expiresIn, scope: "User.Read" },
  };
}

/** An answer of Entra's token endpoint when it refuses. */
export function entraError(error: string, code: number): Answer {
  return {
    status: 400,
    body: {
      error,
      error_description: `AADSTS${code}: What Entra says. Trace ID: 5f0d0d3a-trace Correlation ID: 6a6b Timestamp: 2026-11-21`,
      error_codes: [code],
      trace_id: "5f0d0d3a-trace",
      correlation_id: "6a6b",
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
