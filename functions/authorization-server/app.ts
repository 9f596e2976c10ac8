import { onlyTheGateway } from "../platform/gateway-identity.ts";
import { enableHttpStreams, httpFunction } from "../platform/http/register.ts";
import { readSettings } from "../platform/settings.ts";
import { servedEndpoints } from "./endpoints.ts";
import { makeDependencies } from "./make-dependencies.ts";
import { methodsOf, type RouteName, routes } from "./routes.ts";
import { settingsSchema } from "./settings.ts";

const settings = readSettings(settingsSchema, process.env);
const { dependencies, verifyGateway } = await makeDependencies(settings);
const onlyGateway = onlyTheGateway(verifyGateway, settings.GATEWAY_PRINCIPAL_ID);

enableHttpStreams();
for (const [name, endpoint] of Object.entries(servedEndpoints(dependencies, onlyGateway))) {
  const route = routes[name as RouteName];
  httpFunction(name, { methods: [...methodsOf(route)], route: route.path.slice(1), endpoint });
}
