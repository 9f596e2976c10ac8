import { HEAD_LIMIT } from "apim-local-gateway";
import { beforeAll, describe, expect, it } from "vitest";
import { routes } from "../../functions/authorization-server/routes.ts";
import fc from "../../functions/testing/generated-input.ts";
import { anyRequest, onTheWire } from "../support/generated-request.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { rawStatus } from "../support/raw-request.ts";
import { useTwin } from "../support/use-twin.ts";

const RUNS = Number(process.env["FC_RUNS"] ?? 400);

const twin = useTwin();
let client: OAuthClient;
let accessToken: string;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  ({ accessToken } = await client.signIn(new Person(twin), "Mira Okafor"));
});
const oauth = Object.values(routes).map(({ method, path }) => ({
  method,
  path: path.replace("{*path}", "mcp").replace("{client_id}", "client"),
}));
const mcp = (["POST", "GET", "DELETE"] as const).map((method) => ({ method, path: "/mcp" }));

/** Whatever came, and to whom, the next request is served. */
async function expectService(): Promise<void> {
  expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
  const { accessToken: fresh } = await client.signIn(new Person(twin), "Jonas Lindqvist");
  expect(fresh).not.toBe("");
}

describe("any request", () => {
  it.each<[string, () => string, typeof oauth]>([
    ["the OAuth API", () => twin.origin, oauth],
    ["the MCP API", () => twin.origin, mcp],
    ["the authorization server itself", () => twin.authorizationServer.url, oauth],
    ["the MCP server itself", () => twin.graphMcp.url, mcp],
  ])(
    "GW-18 to %s is answered, and never with 5xx",
    async (_, origin, of) => {
      const { host } = new URL(origin());
      await fc.assert(
        fc.asyncProperty(anyRequest(of), async (request) => {
          const text = onTheWire(request, host, accessToken);
          const status = await rawStatus(origin(), text);
          // A server cuts off whoever sends more than it takes, who may then not see its answer.
          if (text.indexOf("\r\n\r\n") > HEAD_LIMIT && status === undefined) return;
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
        }),
        { numRuns: RUNS },
      );
      await expectService();
    },
    180_000 + RUNS * 500,
  );
});
