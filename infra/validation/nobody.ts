import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const HOUR = 3600;
const TENANT = "00000000-0000-0000-0000-00000000000b";

/** An identity that no tenant knows, with which the providers start and plan as long as they need not ask Azure. */
export interface Nobody {
  /** What makes the providers take this identity and no other. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Serves a managed identity's token endpoint on loopback. Its tokens are unsigned and open nothing.
 */
export async function startNobody(): Promise<Nobody> {
  const server = createServer((request, response) => {
    const resource = new URL(request.url ?? "/", "http://localhost").searchParams.get("resource") ?? "";
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer(resource)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    environment: {
      ARM_USE_MSI: "true",
      ARM_MSI_ENDPOINT: `http://127.0.0.1:${port}/token`,
      ARM_USE_CLI: "false",
      ARM_TENANT_ID: TENANT,
      // It would ask Azure which regions and resource providers there are.
      ARM_PROVIDER_ENHANCED_VALIDATION: "false",
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<unknown>((resolve) => server.close(resolve));
    },
  };
}

function answer(resource: string) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    aud: resource,
    tid: TENANT,
    oid: "00000000-0000-0000-0000-00000000000a",
    appid: "00000000-0000-0000-0000-00000000000c",
    exp: now + HOUR,
  };
  return {
    access_token: `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`,
    expires_in: String(HOUR),
    expires_on: String(now + HOUR),
    not_before: String(now),
    resource,
    token_type: "Bearer",
  };
}
