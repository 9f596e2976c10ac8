import { createHash, randomBytes, randomUUID } from "node:crypto";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import type { TwinOptions } from "../../twin/twin.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { type RecordingBackend, startRecordingBackend } from "../support/recording-backend.ts";
import { type OwnTestTwin, startTestTwin } from "../support/twin.ts";
import type { Testbed } from "./attempt.ts";

/** A twin with a fault proxy before each component that speaks plain HTTP, and a crowd of people. */
export interface FaultTestbed extends Testbed {
  readonly twin: OwnTestTwin;
  readonly faultProxies: Readonly<Record<"authorizationServer" | "cosmos" | "entra", FaultProxy>>;
  stop(): Promise<void>;
}

/** More than ask Entra for something at the same time on any testbed. */
const CROWD = 48;

export async function startTestbed(options: Partial<TwinOptions> = {}): Promise<FaultTestbed> {
  const [authorizationServer, cosmos, entra, backend] = await Promise.all([
    startFaultProxy(),
    startFaultProxy(),
    startFaultProxy(),
    startRecordingBackend(),
  ]);
  const faultProxies = { authorizationServer, cosmos, entra };
  const stopAll = async () => {
    await Promise.all([...Object.values(faultProxies), backend].map((each) => each.stop()));
  };
  const secret = randomBytes(32).toString("base64url");
  const users = crowd();
  try {
    const start = () =>
      startTestTwin(
        {
          servers: servers(backend),
          // What is prepared for many steps at once waits for its own, on a busy machine for long.
          lifetimes: { authorizationCode: 600, refreshReplay: 600 },
          resourceServers: [
            {
              id: "first-backend",
              server: "first",
              auth: { secretHash: createHash("sha256").update(secret).digest("base64url") },
            },
          ],
        },
        { ...options, faultProxies, tenant: (origin) => ({ ...demoTenant(origin), users }) },
      );
    const twin = await start().catch(inUseThenAgain(start));
    const [first = "", second = ""] = twin.resolved.servers.map(({ resource }) => resource);
    let next = 0;
    return {
      twin,
      faultProxies,
      entraUrl: entra.url,
      servers: [first, second],
      introspection: `Basic ${Buffer.from(`first-backend:${secret}`).toString("base64")}`,
      nextUser: () => users[next++ % users.length]?.displayName ?? "",
      async stop() {
        await twin.stop();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Testbeds start at the same time: the port that one found free may be another's by the time it listens. */
function inUseThenAgain<T>(start: () => Promise<T>): (error: unknown) => Promise<T> {
  return (error) => {
    if (error instanceof Error && /port \d+ is in use/.test(error.message)) return start();
    throw error;
  };
}

/** Two servers with a backend, and Entra applications of their own. */
function servers(backend: RecordingBackend) {
  const { graphMcp, notes } = demoTenant("http://localhost");
  return [
    {
      name: "first",
      title: "First",
      backend: { url: backend.url },
      entra: { scope: `api://${graphMcp.clientId}/Mcp.Access` },
      scopes: [{ name: "first.use", description: "use the first server" }],
    },
    {
      name: "second",
      title: "Second",
      backend: { url: backend.url },
      entra: { scope: `api://${notes.clientId}/Notes.ReadWrite` },
      scopes: [{ name: "second.use", description: "use the second server" }],
    },
  ];
}

function crowd() {
  const [example] = demoTenant("http://localhost").users;
  if (!example) throw new Error("the demo tenant has no users");
  return Array.from({ length: CROWD }, (_, index) => {
    const displayName = `Person ${String(index).padStart(3, "0")}`;
    return {
      ...example,
      oid: randomUUID(),
      displayName,
      userPrincipalName: `person.${index}@brightwater.example`,
    };
  });
}
