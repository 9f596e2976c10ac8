import { removeLeftovers } from "./app-settings.ts";
import { read } from "./command.ts";

/** Mends what the Terraform provider leaves behind in the apps' settings. */
const { AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, RESOURCE_MANAGER_URL } = process.env;
if (!AZURE_SUBSCRIPTION_ID || !AZURE_RESOURCE_GROUP || !RESOURCE_MANAGER_URL) {
  throw new Error(
    "AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP and RESOURCE_MANAGER_URL come from azd; run this by way of azd",
  );
}
const apps = [process.env["AUTHORIZATION_SERVER_APP_NAME"], process.env["GRAPH_MCP_APP_NAME"]];
const answer: { token: string } = JSON.parse(
  await read("azd", ["auth", "token", "--scope", `${RESOURCE_MANAGER_URL}/.default`, "--output", "json"]),
);
for (const app of apps) {
  if (!app) continue;
  const place = { subscriptionId: AZURE_SUBSCRIPTION_ID, resourceGroup: AZURE_RESOURCE_GROUP, app };
  const removed = await removeLeftovers(place, answer.token, RESOURCE_MANAGER_URL);
  process.stdout.write(
    `${app}: ${removed.length > 0 ? `removed ${removed.join(", ")}` : "nothing to mend"}\n`,
  );
}
