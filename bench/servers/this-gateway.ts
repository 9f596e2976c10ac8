/** This project's endpoints, put together from the app's settings, on a plain HTTP server as the others are. */

import { servedEndpoints } from "../../functions/authorization-server/endpoints.ts";
import { makeDependencies } from "../../functions/authorization-server/make-dependencies.ts";
import { type RouteName, routes } from "../../functions/authorization-server/routes.ts";
import { settingsSchema } from "../../functions/authorization-server/settings.ts";
import type { Endpoint } from "../../functions/platform/endpoint.ts";
import { onlyTheGateway } from "../../functions/platform/gateway-identity.ts";
import { readSettings } from "../../functions/platform/settings.ts";
import { managedIdentityToken } from "./entra.ts";
import { serve, setting } from "./report.ts";
import { webServer } from "./web-handler.ts";

const settings = readSettings(settingsSchema, process.env);
const { dependencies, verifyGateway } = await makeDependencies(settings);
const gatewayToken = await managedIdentityToken(setting("BENCH_AUDIENCE"), setting("BENCH_GATEWAY_IDENTITY"));
const log = () => undefined;

const onlyGateway = onlyTheGateway(verifyGateway, settings.GATEWAY_PRINCIPAL_ID);
const byRequest = new Map<string, Endpoint>(
  Object.entries(servedEndpoints(dependencies, onlyGateway)).map(([name, endpoint]) => {
    const route = routes[name as RouteName];
    return [`${route.method} ${route.path}`, endpoint];
  }),
);

const server = webServer(settings.GATEWAY.issuer, async (request) => {
  const endpoint = byRequest.get(`${request.method} ${new URL(request.url).pathname}`);
  if (!endpoint) return new Response(undefined, { status: 404 });
  request.headers.set("x-gateway-authorization", `Bearer ${gatewayToken}`);
  return endpoint(request, { log, correlationId: crypto.randomUUID(), network: "127.0.0.0/24" });
});
await serve(server, Number(setting("PORT")));
