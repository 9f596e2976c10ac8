import { onlyTheGateway } from "../platform/gateway-identity.ts";
import { enableHttpStreams, httpFunction } from "../platform/http/register.ts";
import { inTime } from "../platform/request-scope.ts";
import { readSettings } from "../platform/settings.ts";
import { endpoints } from "./endpoints.ts";
import { makeDependencies } from "./make-dependencies.ts";
import { isPublic, methodsOf, type Route, type RouteName, routes } from "./routes.ts";
import { settingsSchema } from "./settings.ts";

const settings = readSettings(settingsSchema, process.env);
const { dependencies, verifyGateway } = await makeDependencies(settings);

enableHttpStreams();
for (const [name, endpoint] of Object.entries(endpoints(dependencies))) {
  const route: Route = routes[name as RouteName];
  httpFunction(name, {
    methods: [...methodsOf(route)],
    route: route.path.slice(1),
    endpoint: inTime(
      isPublic(route) ? endpoint : onlyTheGateway(verifyGateway, settings.GATEWAY_PRINCIPAL_ID, endpoint),
    ),
  });
}
