/** @cloudflare/workers-oauth-provider, with consent and a sign-in at Entra as its own documents describe them. */
import "./cloudflare-workers.ts";
import { randomBytes } from "node:crypto";
import { consentPage } from "./consent-page.ts";
import { peersContainer } from "./cosmos.ts";
import { cosmosKv } from "./cosmos-kv.ts";
import { entraSignIn } from "./entra.ts";
import { serve, setting } from "./report.ts";
import { webServer } from "./web-handler.ts";

// After the stand-in for `cloudflare:workers`.
const { OAuthAuthorizationServer } = await import("@cloudflare/workers-oauth-provider");

const port = Number(setting("PORT"));
const origin = `http://localhost:${port}`;
const entra = entraSignIn(origin);
const env = { OAUTH_KV: cosmosKv(peersContainer()) };
const authorizationServer = new OAuthAuthorizationServer({
  issuer: origin,
  resources: [`${origin}/mcp`],
  scopesSupported: ["mcp.tools", "offline_access"],
  clientRegistrationEndpoint: "/register",
  tokenEndpoint: "/token",
});
const oauth = authorizationServer.getOAuthApi(env);
const context = { waitUntil: () => undefined, passThroughOnException: () => undefined };

async function authorize(request: Request): Promise<Response> {
  if (request.method === "GET") {
    const authorization = await oauth.parseAuthRequest(request);
    const { clientName, redirectHost, scope } = await oauth.describeConsent(authorization);
    const { handle, headers } = await oauth.beginConsent(authorization);
    headers.set("content-type", "text/html; charset=utf-8");
    const page = consentPage({ action: "/authorize", handle, clientName, redirectHost, scope });
    return new Response(page, { headers });
  }
  const form = await request.formData();
  const approved = await oauth.approveConsent(request, String(form.get("handle")));
  if (!entra) return complete(approved.request, approved.headers, setting("BENCH_USER"), {});
  const verifier = randomBytes(32).toString("base64url");
  const { state, headers } = await oauth.beginUpstream(approved.request, {
    data: { verifier },
    headers: approved.headers,
  });
  headers.set("location", entra.url(state, verifier));
  return new Response(null, { status: 302, headers });
}

async function callback(request: Request): Promise<Response> {
  if (!entra) return new Response(null, { status: 404 });
  const { request: authorization, data, headers } = await oauth.finishUpstream<{ verifier: string }>(request);
  const code = new URL(request.url).searchParams.get("code") ?? "";
  const { user, ...tokens } = await entra.finish(code, data.verifier);
  return complete(authorization, headers, user, tokens);
}

async function complete(
  request: Awaited<ReturnType<typeof oauth.parseAuthRequest>>,
  headers: Headers,
  userId: string,
  props: object,
): Promise<Response> {
  const { redirectTo } = await oauth.completeAuthorization({
    request,
    userId,
    metadata: {},
    scope: request.scope,
    props,
  });
  headers.set("location", redirectTo);
  return new Response(null, { status: 302, headers });
}

const server = webServer(origin, (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/authorize") return authorize(request);
  if (pathname === "/callback") return callback(request);
  return authorizationServer.fetch(request, env, context);
});
await serve(server, port);
