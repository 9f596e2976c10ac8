import { entraClients, entraTokenVerifier } from "../platform/entra.ts";
import { enableHttpStreams, httpFunction } from "../platform/http/register.ts";
import { entraApplication, readSettings } from "../platform/settings.ts";
import { routes } from "./contract.ts";
import { graphClient } from "./graph.ts";
import { health } from "./health.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { onBehalfOf } from "./on-behalf-of.ts";
import { settingsSchema } from "./settings.ts";

const settings = readSettings(settingsSchema, process.env);
const { application, cloud } = entraApplication(settings);
const graphScopes = settings.GRAPH_SCOPES.split(" ").filter(Boolean);
const graphTokens = onBehalfOf(
  entraClients(application),
  graphScopes.map((scope) => `${cloud.graph}/${scope}`),
);

enableHttpStreams();
httpFunction("health", { methods: ["GET"], route: routes.health.slice(1), endpoint: health });
httpFunction("mcp", {
  methods: ["GET", "HEAD", "POST", "DELETE"],
  route: routes.mcp.slice(1),
  endpoint: mcpEndpoint({
    verify: entraTokenVerifier(application),
    callers: {
      requiredScope: settings.REQUIRED_SCOPE,
      gatewayClientId: settings.GATEWAY_CLIENT_ID,
      furtherClientIds: settings.FURTHER_CLIENT_IDS,
      roles: settings.ALLOWED_ROLES,
      groups: settings.ALLOWED_GROUPS,
      workloadRoles: settings.WORKLOAD_ROLES,
    },
    gatewayScopes: settings.GATEWAY_SCOPES,
    graph: graphClient(settings.GRAPH_URL ?? cloud.graph, graphTokens),
  }),
});
