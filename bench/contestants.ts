import type { Deployed } from "./deployed.ts";
import { type Measured, type ServerProcess, startServer } from "./server-process.ts";
import type { StandIns } from "./stand-ins.ts";

/** An authorization server that is measured. */
export interface Contestant {
  readonly name: string;
  readonly server: Measured;
  /** Asked for by its clients; the server's own choice when left out. */
  readonly scope?: string;
  /** Whether the bench may ask it for a session's Entra token, as the gateway does. */
  readonly hasSessionToken: boolean;
}

export const OURS = "this gateway";
/** The same in a Functions worker, behind the gateway. */
const DEPLOYED = "this gateway, deployed";
export const WORKERS = "workers-oauth-provider";
export const OIDC = "oidc-provider";
const withoutEntra = (name: string) => `${name}, no Entra`;

/** Every contestant, each in its own process, on the same store. */
export async function startContestants(
  standIns: StandIns,
  deployed: Pick<Deployed, "authorizationServer">,
): Promise<readonly Contestant[]> {
  const peer = async (name: string, scope: string, entra: boolean): Promise<Contestant> => ({
    name: entra ? name : withoutEntra(name),
    server: await startServer(`${name}.ts`, standIns.nextPort(), standIns.peerSettings(entra)),
    scope,
    hasSessionToken: false,
  });
  return [
    { name: OURS, server: await startOurs(standIns), hasSessionToken: true },
    { name: DEPLOYED, server: deployed.authorizationServer, hasSessionToken: false },
    await peer(WORKERS, "mcp.tools offline_access", true),
    await peer(OIDC, "mcp.tools", true),
    await peer(WORKERS, "mcp.tools offline_access", false),
    await peer(OIDC, "mcp.tools", false),
  ];
}

/** This project's endpoints, in a process that serves nothing else. */
export function startOurs(standIns: StandIns): Promise<ServerProcess> {
  const port = standIns.nextPort();
  const settings = standIns.gatewaySettings(standIns.resolve(`http://localhost:${port}`));
  return startServer("this-gateway.ts", port, settings);
}
