import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http, { type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { GatewayDescription, OperationDescription } from "../src/description.ts";
import type { LogLine } from "../src/log.ts";
import { type LocalGateway, startGateway } from "../src/server.ts";

// What the tests of the gateway share: a gateway over policies written in the test, and servers behind it.

/** A server on a free port of 127.0.0.1. */
export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server for one test. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  const server: Server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The whole body of a request or response. */
export async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A description of one API, with its policy in `api.xml`. */
export function describeGateway(parts: {
  readonly serviceUrl?: string;
  readonly path?: string;
  readonly operations?: readonly OperationDescription[];
  readonly fragments?: readonly string[];
  readonly namedValues?: Readonly<Record<string, string>>;
}): GatewayDescription {
  const operations = parts.operations ?? [
    { name: "get", displayName: "Get", method: "GET", urlTemplate: "/*" },
    { name: "post", displayName: "Post", method: "POST", urlTemplate: "/*" },
  ];
  return {
    origin: "http://localhost:8080",
    apis: [
      {
        name: "test",
        displayName: "Test",
        path: parts.path ?? "",
        serviceUrl: parts.serviceUrl ?? "http://127.0.0.1:1",
        policy: "api.xml",
        operations,
      },
    ],
    fragments: (parts.fragments ?? []).map((id) => ({ id, policy: `${id}.xml` })),
    namedValues: Object.entries(parts.namedValues ?? {}).map(([name, value]) => ({ name, value })),
  };
}

/** Writes policy files into a folder of their own. */
export async function writePolicies(
  files: Readonly<Record<string, string>>,
): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "gateway-policies-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A running gateway, and what it wrote. */
export interface TestGateway {
  readonly gateway: LocalGateway;
  readonly url: string;
  readonly lines: LogLine[];
  stop(): Promise<void>;
}

/** Starts a gateway over the files; `api.xml` is the API's policy. */
export async function startTestGateway(
  files: Readonly<Record<string, string>>,
  description: GatewayDescription,
  identity: { endpoint: string; header: string } = {
    endpoint: "http://127.0.0.1:1/msi/token",
    header: "secret",
  },
): Promise<TestGateway> {
  const { folder, remove } = await writePolicies(files);
  const lines: LogLine[] = [];
  try {
    const log = (line: LogLine) => void lines.push(line);
    const gateway = await startGateway({ description, policiesFolder: folder, port: 0, identity, log });
    return {
      gateway,
      url: gateway.url.replace("localhost", "127.0.0.1"),
      lines,
      stop: async () => {
        await gateway.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A policy document of the sections given; the others hold `<base/>`. */
export function policies(sections: {
  inbound?: string;
  backend?: string;
  outbound?: string;
  onError?: string;
}): string {
  const base = "<base />";
  return `<policies>
  <inbound>${sections.inbound ?? base}</inbound>
  <backend>${sections.backend ?? base}</backend>
  <outbound>${sections.outbound ?? base}</outbound>
  <on-error>${sections.onError ?? base}</on-error>
</policies>`;
}

/** The servers and gateways that one test file's tests start; they end after each test, the last first. */
export function stoppedAfterEach() {
  const running: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each.stop();
  });
  const kept = <T extends { stop(): Promise<void> }>(started: T): T => {
    running.push(started);
    return started;
  };
  return {
    backend: async (listener: RequestListener): Promise<TestServer> => kept(await startServer(listener)),
    gateway: async (...args: Parameters<typeof startTestGateway>): Promise<TestGateway> =>
      kept(await startTestGateway(...args)),
  };
}
