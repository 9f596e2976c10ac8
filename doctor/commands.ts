import { bare } from "./quote.ts";
import type { Visit } from "./visit.ts";

type Place = Pick<Visit, "local">;

/** Brings what is deployed back to what the repository describes. */
export function provision({ local }: Place): string {
  return local ? "Stop `npm start` and start it again." : "azd provision";
}

/** Brings the bundles of the Functions apps up to date. */
export function deploy({ local }: Place): string {
  return local ? "Stop `npm start` and start it again." : "azd deploy";
}

/** Where to look at what azd knows of the deployment: resource group, names, URLs. */
export const azdValues = "azd env get-values";

/**
 * Finds a request in the log.
 *
 * @param correlationId as the gateway gave it in `X-Correlation-Id`; left out, refusals of the last half hour
 */
export function readLog({ local }: Place, correlationId?: string | null): string[] {
  // The twin keeps no log, and the next run's requests have other IDs.
  if (local)
    return ["npm start -- --verbose", 'Then run the doctor again, and look for "refused" in its output.'];
  const filter =
    correlationId && /^[\w-]{8,64}$/.test(correlationId)
      ? `TimeGenerated > ago(1d) and Message has '${correlationId}'`
      : `TimeGenerated > ago(30m) and Message has 'refused'`;
  return queryLog(`AppTraces | where ${filter} | project TimeGenerated, AppRoleName, Message`);
}

function queryLog(query: string): string[] {
  return [
    'az monitor log-analytics workspace list --query "[].{name:name, id:customerId}" --output table',
    `az monitor log-analytics query --workspace <workspace ID> --analytics-query "${query}" --output table`,
  ];
}

/** Finds why an app did not load. */
export function readLoadFailure({ local }: Place): string[] {
  if (local) return ["npm start -- --verbose"];
  return queryLog(
    "union AppExceptions, AppTraces | where TimeGenerated > ago(1h) and SeverityLevel >= 3 | project TimeGenerated, AppRoleName, OuterMessage, Message",
  );
}

/** Whether API Management could read the keys that backends get (`servers[].backend.headers`); no command shows a key itself. */
export function readBackendKeys({ local }: Place): string[] {
  const where = "Where the backend takes a key (servers[].backend.headers), it may have refused that:";
  if (local)
    return [where, "Compare the variable BACKEND_SECRET_… of `npm start` with what the backend expects."];
  return [
    where,
    'az rest --method GET --url "<API Management\'s resource ID>/namedValues?api-version=2024-05-01" --query "value[?properties.keyVault].{name:name, secret:properties.keyVault.secretIdentifier, status:properties.keyVault.lastStatus.code, message:properties.keyVault.lastStatus.message}"',
    "A key that was changed in Key Vault reaches the backend within four hours, or at once with:",
    'az rest --method POST --url "<API Management\'s resource ID>/namedValues/<name>/refreshSecret?api-version=2024-05-01"',
  ];
}

/** What an application has in Entra. @param query JMESPath */
export function showApplication(clientId: string, query: string): string {
  return `az ad app show --id ${argument(clientId)} --query "${query}"`;
}

/** A value that came from a server, fit to stand in a command: nothing that a shell would act on. */
export function argument(value: string): string {
  return /^[\w.:/@~+-]{1,200}$/.test(value) ? value : `<${bare(value).replace(/[^\w.:/@ -]/g, "?")}>`;
}

/** What to do when the gateway itself fails, and not the app behind it. */
export function mendGateway(): string[] {
  return [
    "API Management's named value gateway-identity-client-id has to be its identity's client ID, and not the principal (object) ID:",
    'az apim nv list --service-name <API Management> --resource-group <resource group> --query "[].{name:displayName, value:value}" --output table',
    "az apim show --name <API Management> --resource-group <resource group> --query identity.userAssignedIdentities",
  ];
}
