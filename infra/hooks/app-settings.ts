/** What the provider writes without a key in it; the host would try these before the identity. */
const LEFTOVERS = ["AzureWebJobsStorage", "DEPLOYMENT_STORAGE_CONNECTION_STRING"];

const API_VERSION = "2024-04-01";
const TIMEOUT = 60_000;

export interface AppPlace {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly app: string;
}

/**
 * Takes the leftovers out of an app's settings.
 *
 * @param token for Azure Resource Manager; kept in memory only
 * @param endpoint of Azure Resource Manager, without a slash at the end
 * @returns the names of what was taken out; none when all was well already, and then nothing is written
 * @throws Error with the status when Azure refuses
 */
export async function removeLeftovers(
  { subscriptionId, resourceGroup, app }: AppPlace,
  token: string,
  endpoint: string,
): Promise<string[]> {
  const base =
    `${endpoint}/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(resourceGroup)}` +
    `/providers/Microsoft.Web/sites/${encodeURIComponent(app)}/config/appsettings`;
  const call = async (method: "POST" | "PUT", path: string, body?: unknown) => {
    const response = await fetch(`${base}${path}?api-version=${API_VERSION}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${method} the settings of ${app}: Azure answered ${response.status}`);
    }
    return (await response.json()) as { properties?: Record<string, string> };
  };
  const { properties = {} } = await call("POST", "/list");
  const found = LEFTOVERS.filter((name) => name in properties);
  if (found.length === 0) return [];
  const kept = Object.entries(properties).filter(([name]) => !found.includes(name));
  await call("PUT", "", { properties: Object.fromEntries(kept) });
  return found;
}
