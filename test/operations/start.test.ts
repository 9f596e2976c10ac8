import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../twin/free-port.ts";
import { type Checkout, makeCheckout, type Start, start } from "../support/checkout.ts";
import { OAuthClient, send, toolResult } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";

const COMPONENTS = ["cosmos", "entra", "graph", "graph-mcp", "authorization-server", "gateway"];

/** Two twins at once, on a machine that runs other tests beside. */

let checkout: Checkout;
let files: string[];
const runs: Start[] = [];

beforeAll(async () => {
  checkout = await makeCheckout();
});

beforeEach(async () => {
  files = await checkout.files();
});

afterEach(async () => {
  for (const run of runs.splice(0)) run.kill();
  await rm(join(checkout.folder, ".twin"), { recursive: true, force: true });
});

afterAll(async () => {
  await checkout?.remove();
});

function begin(...given: Parameters<typeof start> extends [Checkout, ...infer Rest] ? Rest : never): Start {
  const run = start(checkout, ...given);
  runs.push(run);
  return run;
}

/** Signs in and calls a tool, as whoever reads the terminal can. */
async function use(origin: string, { stdout }: Start): Promise<unknown> {
  const entra = /^entra +(http:\S+)/m.exec(stdout())?.[1] ?? "";
  const client = await OAuthClient.register(origin);
  const person = new Person({ origin, entra: { url: entra } });
  const { accessToken } = await client.signIn(person, "Mira Okafor");
  return toolResult(await client.callTool(`${origin}/mcp`, accessToken, "get_graph_user_details"));
}

/** Ended with the code, no process left, and no file but what the build wrote. */
async function expectCleanEnd(run: Start, code: number): Promise<void> {
  expect(await run.ended).toBe(code);
  expect(run.leavesProcesses()).toBe(false);
  expect(await checkout.files()).toEqual(files);
}

/** What a twin keeps on disk while it runs, keys and all. */
async function expectNothingKept(): Promise<void> {
  expect(await readdir(join(checkout.folder, ".twin")).catch(() => [])).toEqual([]);
}

describe("npm start", () => {
  it("runs two at once on ports of their own, says how to connect, and ends cleanly on Ctrl-C", async () => {
    const ports = [await freePort(), await freePort()];
    const twins = ports.map((port) => ({ origin: `http://localhost:${port}`, run: begin(port) }));
    try {
      for (const { run } of twins) await run.ready();
      for (const { origin, run } of twins) {
        for (const component of COMPONENTS) {
          const lines = run
            .stdout()
            .match(new RegExp(`^${component} +http://\\S+ +ready after [\\d.]+ s$`, "gm"));
          expect(lines).toHaveLength(1);
        }
        expect(run.stdout()).toContain(`${origin}/mcp`);
        for (const name of ["Mira Okafor", "Jonas Lindqvist", "Tess Marlow"])
          expect(run.stdout()).toContain(name);
        for (const name of ["MCP Inspector", "VS Code", "Claude Code"]) expect(run.stdout()).toContain(name);
        expect(await use(origin, run)).toMatchObject({ displayName: "Mira Okafor" });
        expect(run.stderr()).toBe("");
      }
    } finally {
      for (const { run } of twins) run.interrupt();
    }
    for (const { origin, run } of twins) {
      await expectCleanEnd(run, 0);
      await expect(send(`${origin}/health/live`)).rejects.toThrow("fetch failed");
      expect(run.stderr()).toBe("");
    }
    await expectNothingKept();
  });

  it("ends when npm is ended, whose shell passes no signal on", async () => {
    const port = await freePort();
    const run = begin(port, [], "/bin/sh");
    await run.ready();
    run.terminate();
    await run.ended;
    expect(run.stdout()).toContain("Stopping …");
    await expect(fetch(`http://localhost:${port}`)).rejects.toThrow();
    await expectNothingKept();
  });

  it("leaves no process and no file when Ctrl-C comes before it is ready", async () => {
    const run = begin(await freePort());
    await run.begun;
    run.interrupt();
    await run.ended;
    await expect.poll(() => run.leavesProcesses()).toBe(false);
    expect(await checkout.files()).toEqual(files);
    expect(run.stdout()).not.toContain("MCP URL");
    await expectNothingKept();
  });
});

describe("npm start with something wrong ends with one clear message", () => {
  async function expectMessage(run: Start, ...words: string[]): Promise<void> {
    await expectCleanEnd(run, 1);
    await expectNothingKept();
    for (const word of words) expect(run.stderr()).toContain(word);
    expect(run.stderr()).not.toMatch(/^\s+at .+:\d+/m);
    expect(run.stderr()).not.toMatch(/\[(?:stack|cause|errors)\]|Node\.js v/);
    expect(run.stdout()).not.toContain("MCP URL");
  }

  it("about a port in use", async () => {
    const occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    const { port } = occupant.address() as AddressInfo;
    try {
      const run = begin(port);
      await expectMessage(run, `port ${port} is in use`);
      expect(run.stderr().trim().split("\n")).toHaveLength(1);
    } finally {
      occupant.close();
    }
  });

  it.each(["no", "70000"])("about PORT=%s", async (port) => {
    await expectMessage(begin(port), "PORT", `"${port}"`);
  });

  const server = `{ name: "graph", title: "T", backend: { app: "graph-mcp" }, entra: { scope: "Mcp.Access" },
    scopes: [{ name: "mcp.tools", description: "d" }] }`;

  it.each<[string, string, string[]]>([
    [
      "a wrong value",
      `{ servers: [${server}], lifetimes: { accessToken: "1h" } }`,
      ["lifetimes.accessToken"],
    ],
    ["a field that nobody knows", `{ servers: [${server}], lifetime: {} }`, ["lifetime"]],
    ["missing fields", `{ servers: [{ name: "graph" }] }`, ["servers[0].title", "servers[0].scopes"]],
    ["a syntax error", "{ servers: [ }", []],
  ])("about a configuration with %s", async (_, configuration, words) => {
    const file = join(checkout.folder, "wrong.config.ts");
    await writeFile(file, `export default ${configuration};\n`);
    files = await checkout.files();
    const run = begin(await freePort(), ["--config", file]);
    await expectMessage(run, file, ...words);
    expect(
      run
        .stderr()
        .trim()
        .split("\n")
        .every((line) => line.startsWith(file)),
    ).toBe(true);
  });

  it("about a configuration without a default export, or that is not there", async () => {
    const file = join(checkout.folder, "wrong.config.ts");
    await writeFile(file, "export const config = {};\n");
    files = await checkout.files();
    await expectMessage(begin(await freePort(), ["--config", file]), file, "no default export");
    await expectMessage(begin(await freePort(), ["--config", "missing.ts"]), "missing.ts");
  });

  it("about an option that nobody knows", async () => {
    await expectMessage(begin(await freePort(), ["--confg", "x"]), "--confg");
  });
});
