import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describeGateway } from "../infra/apis/describe.ts";
import { startFunctionsApp } from "../twin/functions-host/start.ts";
import { type Measured, type ServerProcess, startServer } from "./server-process.ts";
import type { StandIns } from "./stand-ins.ts";

/** This project as it is deployed: the bundle in a Functions worker, behind the gateway, before an MCP server that does nothing. */
export interface Deployed {
  readonly gateway: ServerProcess;
  /** Reached through the gateway. */
  readonly authorizationServer: Measured;
  stop(): Promise<void>;
}

const MCP_ANSWER = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [] } });

/** @param bundle folder of the authorization server */
export async function startDeployed(standIns: StandIns, bundle: string): Promise<Deployed> {
  const backend = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json").end(MCP_ANSWER);
  });
  // On a busy machine the gateway would otherwise send a call on a connection that has just been closed.
  backend.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  const backendUrl = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/mcp`;

  const port = standIns.nextPort();
  const resolved = standIns.resolve(`http://localhost:${port}`, backendUrl);
  const app = await startFunctionsApp({
    name: "authorization-server",
    folder: bundle,
    settings: standIns.gatewaySettings(resolved),
    log: () => undefined,
  });
  if (app.loadFailure !== undefined) throw new Error(app.loadFailure);

  const { tenant, entra, config } = standIns;
  const description = describeGateway(
    resolved,
    config,
    {
      url: app.url,
      audience: `api://${tenant.signIn.clientId}`,
      gatewayIdentityClientId: tenant.identity.gateway.clientId,
    },
    { authorityHost: entra.url, issuerV1Host: entra.url, tenantId: tenant.tenantId },
  );
  const gateway = await startServer("local-gateway.ts", port, {
    BENCH_DESCRIPTION: JSON.stringify(description),
    BENCH_POLICIES: join(import.meta.dirname, "../policies"),
    IDENTITY_ENDPOINT: entra.identityEndpoint,
    IDENTITY_HEADER: entra.identityHeader,
  });
  return {
    gateway,
    authorizationServer: {
      origin: gateway.origin,
      async usage(collectGarbage = false) {
        const [cpu = 0] = await app.cpu();
        const [memory] = collectGarbage ? await app.memory() : [];
        return { cpu, rss: memory?.rss ?? 0, heapUsed: memory?.heapUsed ?? 0 };
      },
      stop: () => app.stop(),
    },
    async stop() {
      await gateway.stop();
      await app.stop();
      backend.closeAllConnections();
      backend.close();
    },
  };
}
