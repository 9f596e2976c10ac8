import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { MemoryOAuthProvider } from "./mcp-oauth-provider.ts";
import { Person } from "./person.ts";
import {
  ALLOWED,
  GAVE_UP,
  NEEDS_ROLE,
  NEEDS_SCOPE,
  type Outcome,
  reasonOf,
  scopesIn,
  type Use,
  WRONG_NAME,
} from "./ruled-tools.ts";
import type { TestTwin } from "./twin.ts";

const REDIRECT_URI = "http://localhost:9999/callback";

interface SdkSession {
  connect(): Promise<unknown>;
  list(): Promise<readonly string[]>;
  call(tool: string): Promise<unknown>;
  /** Sends calls as one message. */
  batch(tools: readonly string[]): Promise<unknown>;
  finish(answer: URLSearchParams): Promise<void>;
}

/** @param headers that every request of the session has */
type Session = (provider: MemoryOAuthProvider, headers: Record<string, string>) => SdkSession;

/** The outcome for a program made with an SDK, which the program has to help through each sign-in. */
async function throughSdk(twin: TestTwin, user: string, session: Session): Promise<Outcome> {
  const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: REDIRECT_URI });
  const approve = async (unfinished: SdkSession) => {
    const { url } = provider.pendingRequest();
    await unfinished.finish(new URL(await new Person(twin).allow(url.href, user)).searchParams);
    return scopesIn(url);
  };
  const said = (answer: Promise<unknown>) =>
    answer.then(
      () => "used",
      (error: Error) => reasonOf(error.message),
    );
  const first = session(provider, {});
  await first.connect().then(
    () => Promise.reject(new Error("connected without a token")),
    () => approve(first),
  );
  const second = session(provider, {});
  await second.connect();
  const tools = await second.list();
  const allowed = await said(second.call(ALLOWED));
  const missingRole = await said(second.call(NEEDS_ROLE));
  const batch = await said(second.batch([ALLOWED, NEEDS_ROLE]));
  const refused = await second.call(NEEDS_SCOPE).then(() => "", String);
  const givesUp = refused.includes("403 after trying upscoping");
  const missingScope = givesUp
    ? GAVE_UP
    : `asked for ${await approve(second)}, then ${await said(second.call(NEEDS_SCOPE))}`;
  const misnamed = session(provider, { [WRONG_NAME.name]: WRONG_NAME.value });
  await misnamed.connect();
  const mismatch = await said(misnamed.call(NEEDS_SCOPE));
  return { tools, allowed, missingRole, missingScope, batch, mismatch };
}

const callOf = (name: string, id: number) => ({
  jsonrpc: "2.0" as const,
  id,
  method: "tools/call",
  params: { name, arguments: {} },
});

export const sdkV2 =
  (mode: "legacy" | { pin: string }): Use =>
  (twin, user) =>
    throughSdk(twin, user, (provider, headers) => {
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
      const transport = new StreamableHTTPClientTransport(new URL(twin.mcpUrl), {
        authProvider: provider,
        requestInit: { headers },
      });
      return {
        connect: () => client.connect(transport),
        list: async () => (await client.listTools()).tools.map(({ name }) => name),
        call: (name) => client.callTool({ name, arguments: {} }),
        batch: (names) => transport.send(names.map((name, index) => callOf(name, 100 + index))),
        finish: (answer) => transport.finishAuth(answer),
      };
    });

export const sdkV1: Use = (twin, user) =>
  throughSdk(twin, user, (provider, headers) => {
    const client = new ClientV1({ name: "test", version: "1" });
    const transport = new TransportV1(new URL(twin.mcpUrl), {
      authProvider: provider,
      requestInit: { headers },
    });
    return {
      connect: () => client.connect(transport),
      list: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: (name) => client.callTool({ name, arguments: {} }),
      batch: (names) => transport.send(names.map((name, index) => callOf(name, 100 + index))),
      finish: (answer) => transport.finishAuth(answer.get("code") ?? ""),
    };
  });
