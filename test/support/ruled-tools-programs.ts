import { installInspector } from "./mcp-inspector.ts";
import { installMcpRemote } from "./mcp-remote.ts";
import { installMcporter } from "./mcporter.ts";
import {
  ALLOWED,
  allowingPerson,
  NEEDS_ROLE,
  NEEDS_SCOPE,
  reasonOf,
  SENDS_NONE,
  type Use,
  WRONG_NAME,
} from "./ruled-tools.ts";
import { signInAsBefore } from "./sign-in-as-before.ts";

export const inspector =
  (era: "legacy" | "modern"): Use =>
  async (twin, user) => {
    const installed = await installInspector();
    const { asked, openBrowser } = allowingPerson(twin, user);
    const run = (...more: string[]) =>
      installed.run(
        [
          ...["--server-url", twin.mcpUrl, "--transport", "http", "--protocol-era", era],
          ...["--format", "json", "--method", ...more],
        ],
        openBrowser,
      );
    const call = async (tool: string, ...more: string[]) => {
      const { exitCode, messages } = await run("tools/call", "--tool-name", tool, ...more);
      return exitCode === 0 ? "used" : reasonOf(messages);
    };
    try {
      const listed = JSON.parse((await run("tools/list")).output) as {
        result: { tools: { name: string }[] };
      };
      const allowed = await call(ALLOWED);
      const missingRole = await call(NEEDS_ROLE);
      const mismatch = await call(NEEDS_SCOPE, "--header", `${WRONG_NAME.name}: ${WRONG_NAME.value}`);
      // Its first sign-in asks for every scope there is.
      await installed.keepTokens(await signInAsBefore(twin, await installed.registered(), user, "mcp.tools"));
      const before = asked.length;
      const again = await call(NEEDS_SCOPE);
      const relogin = await call(NEEDS_SCOPE, "--relogin");
      return {
        tools: listed.result.tools.map(({ name }) => name),
        allowed,
        missingRole,
        missingScope: `${again}; with --relogin asked for ${asked.slice(before).join(", ")}, then ${relogin}`,
        batch: SENDS_NONE,
        mismatch,
      };
    } finally {
      await installed.close();
    }
  };

export const mcpRemote =
  (protocol: "legacy" | "auto"): Use =>
  async (twin, user) => {
    const remote = await installMcpRemote(twin.mcpUrl);
    const { asked, openBrowser } = allowingPerson(twin, user);
    const start = async (...options: string[]) => {
      const connection = await remote.start(["--protocol", protocol, ...options], openBrowser);
      const call = (tool: string) =>
        connection.callTool(tool).then(
          ({ isError }) => (isError ? "failed" : "used"),
          (error: Error) => reasonOf(error.message),
        );
      return { connection, call };
    };
    try {
      const { connection, call } = await start();
      const tools = await connection.listTools();
      const allowed = await call(ALLOWED);
      const missingRole = await call(NEEDS_ROLE);
      const before = asked.length;
      const again = await call(NEEDS_SCOPE);
      const missingScope = `asked for ${asked.slice(before).join(", ")}, then ${again}`;
      await connection.close();
      const misnamed = await start("--header", `${WRONG_NAME.name}:${WRONG_NAME.value}`);
      const mismatch = await misnamed.call(NEEDS_SCOPE);
      await misnamed.connection.close();
      return { tools, allowed, missingRole, missingScope, batch: SENDS_NONE, mismatch };
    } finally {
      await remote.close();
    }
  };

export const mcporter: Use = async (twin, user) => {
  const { openBrowser } = allowingPerson(twin, user);
  const installed = async (settings: object) => {
    const program = await installMcporter(twin.mcpUrl, settings);
    const call = async (tool: string) => {
      const run = await program.run(["call", `graph.${tool}`, "--output", "json"], openBrowser);
      return run.exitCode === 0 ? "used" : reasonOf(run.output + run.messages);
    };
    const signIn = () => program.run(["auth", "graph", "--reset"], openBrowser);
    return { program, call, signIn };
  };
  const plain = await installed({});
  const misnamed = await installed({ headers: { [WRONG_NAME.name]: WRONG_NAME.value } });
  try {
    await plain.signIn();
    const { output } = await plain.program.run(["list", "graph", "--json"], openBrowser);
    const listed = JSON.parse(output) as { tools: { name: string }[] };
    const allowed = await plain.call(ALLOWED);
    const missingRole = await plain.call(NEEDS_ROLE);
    const again = await plain.call(NEEDS_SCOPE);
    await plain.signIn();
    const more = await plain.call(NEEDS_SCOPE);
    const missingScope = `${again}; after one, ${more}`;
    await misnamed.signIn();
    const mismatch = await misnamed.call(NEEDS_SCOPE);
    const tools = listed.tools.map(({ name }) => name);
    return { tools, allowed, missingRole, missingScope, batch: SENDS_NONE, mismatch };
  } finally {
    for (const { program } of [plain, misnamed]) await program.close();
  }
};
