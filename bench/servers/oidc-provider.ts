/** oidc-provider with JWT access tokens, rotating refresh tokens, a consent page and a sign-in at Entra. */
import { createHmac, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";
import { consentPage } from "./consent-page.ts";
import { peersContainer } from "./cosmos.ts";
import { entraSignIn } from "./entra.ts";
import { oidcAdapter } from "./oidc-adapter.ts";
import { serve, setting } from "./report.ts";

const port = Number(setting("PORT"));
const origin = `http://localhost:${port}`;
const resource = `${origin}/mcp`;
const entra = entraSignIn(origin);
const container = peersContainer();
const secret = randomBytes(32);
const { privateKey } = await generateKeyPair("RS256", { extractable: true });

const provider = new Provider(origin, {
  adapter: oidcAdapter(container),
  jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "bench", alg: "RS256", use: "sig" }] },
  // Entra comes back to /callback, which has to see the interaction's cookie, too.
  cookies: { keys: [secret.toString("base64url")], short: { path: "/", httpOnly: true, sameSite: "lax" } },
  scopes: ["mcp.tools", "offline_access"],
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "mcp.tools",
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: 3600,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
  routes: { authorization: "/authorize", token: "/token", registration: "/register" },
  interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  pkce: { required: () => true },
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  expiresWithSession: () => false,
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 60,
    Grant: 86400,
    Interaction: 600,
    RefreshToken: 86400,
    Session: 86400,
  },
  findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
});
const answer = provider.callback();

/** Made again from its interaction, so that nothing more is stored. */
const verifierOf = (uid: string) => createHmac("sha256", secret).update(uid).digest("base64url");

async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    const page = consentPage({
      action: `/interaction/${uid}`,
      handle: uid,
      clientName: String(params["client_id"]),
      redirectHost: new URL(String(params["redirect_uri"])).host,
      scope: String(params["scope"]).split(" "),
    });
    response.setHeader("content-type", "text/html; charset=utf-8").end(page);
    return;
  }
  await text(request);
  if (entra) response.writeHead(302, { location: entra.url(uid, verifierOf(uid)) }).end();
  else await finish(request, response, params, setting("BENCH_USER"));
}

async function comeBack(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response);
  const query = new URL(request.url ?? "", origin).searchParams;
  if (!entra || query.get("state") !== uid) throw new Error("no such sign-in");
  const { user, ...tokens } = await entra.finish(query.get("code") ?? "", verifierOf(uid));
  await container.items.upsert({ id: `entra:${uid}`, p: `entra:${uid}`, tokens });
  await finish(request, response, params, user);
}

async function finish(
  request: IncomingMessage,
  response: ServerResponse,
  params: Readonly<Record<string, unknown>>,
  accountId: string,
): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId: String(params["client_id"]) });
  grant.addOIDCScope(String(params["scope"]));
  grant.addResourceScope(resource, "mcp.tools");
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}

const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", origin).pathname;
  const own = path.startsWith("/interaction/") ? interact : path === "/callback" ? comeBack : undefined;
  if (!own) return void answer(request, response);
  own(request, response).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    response.writeHead(500).end();
  });
});
await serve(server, port);
