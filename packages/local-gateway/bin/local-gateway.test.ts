import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const PACKAGE = resolve(import.meta.dirname, "..");

/** An empty folder in which the packed package was installed. */
let folder: string;
let installed: string;
let packed: readonly string[];
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "gateway-installed-")));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: PACKAGE });
  const [{ filename, files }] = Object.values(JSON.parse(stdout)) as [
    { filename: string; files: { path: string }[] },
  ];
  packed = files.map(({ path }) => path);
  installed = join(folder, "node_modules/apim-local-gateway");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components", "1"]);
  const { dependencies } = createRequire(import.meta.url)("../package.json") as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    await symlink(await packageFolder(name), join(folder, "node_modules", name), "junction");
  }
});

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  }
});

afterAll(() => rm(folder, { recursive: true }));

/** Where a dependency is; not every package lets its package.json be resolved. */
async function packageFolder(name: string): Promise<string> {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    const found = await realpath(join(path, name)).catch(() => undefined);
    if (found) return found;
  }
  throw new Error(`${name} is not installed`);
}

/** Runs the installed command in the folder; `output` grows while it runs. */
function command(...args: string[]) {
  const child = spawn(process.execPath, [join(installed, "bin/local-gateway.js"), ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] },
  });
  started.push(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    output.out += text;
  });
  child.stderr.on("data", (text) => {
    output.err += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, ...output }));
  const says = async (text: RegExp): Promise<RegExpMatchArray> => {
    const found = output.out.match(text);
    if (found) return found;
    await Promise.race([once(child.stdout, "data"), ended]);
    if (child.exitCode !== null) throw new Error(`it ended: ${output.out}${output.err}`);
    return says(text);
  };
  return { child, ended, says };
}

const EXAMPLE = "node_modules/apim-local-gateway/example";
const example = ["--policies", `${EXAMPLE}/policies`, "--description", `${EXAMPLE}/description.json`];

describe("the installed package", () => {
  it("holds what it needs to run, and nothing else", () => {
    expect(packed).toContain("README.md");
    expect(packed.filter((path) => /\.test\.ts$|^testing\/|vitest/.test(path))).toEqual([]);
    expect(dirname(installed)).toContain("node_modules");
  });

  it("serves its example and writes what it does, until it is told to stop", async () => {
    const gateway = command(...example, "--port", "0");
    const [, url] = await gateway.says(/listens on (http:\S+)\./);
    const response = await fetch(`${url}/greetings/hello/Ada`);
    expect([response.status, await response.json()]).toEqual([200, { message: "Hello, Ada!" }]);
    await gateway.says(/info {2}request +method=GET path=\/greetings\/hello\/Ada status=200/);
    gateway.child.kill("SIGINT");
    expect(await gateway.ended).toMatchObject({ code: 0, err: "" });
  });

  it("can be imported", async () => {
    const script = 'import { startGateway } from "apim-local-gateway"; console.log(typeof startGateway);';
    await writeFile(join(folder, "script.mjs"), script);
    expect((await run(process.execPath, ["script.mjs"], { cwd: folder })).stdout).toBe("function\n");
  });

  it("explains itself", async () => {
    const { code, out, err } = await command("--help").ended;
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("--policies <folder>");
  });
});

describe("a start that fails", () => {
  const problem = async (...args: string[]) => {
    const { code, out, err } = await command(...args).ended;
    expect([code, out]).toEqual([1, ""]);
    return err;
  };

  it("says in one line which option is wrong", async () => {
    expect(await problem("--policies", "none", "--description", "none.json")).toBe(
      'local-gateway: --policies: there is no folder "none"\n',
    );
  });

  it("names file, line and column of what is wrong in a policy, and the field of a description", async () => {
    await mkdir(join(folder, "wrong"), { recursive: true });
    const policy = "<policies>\n  <inbound>\n    <set-headers />\n  </inbound>\n</policies>";
    await writeFile(join(folder, "wrong/api.xml"), policy);
    const api = {
      name: "a",
      displayName: "A",
      path: "a",
      serviceUrl: "http://localhost:9",
      policy: "api.xml",
      operations: [],
    };
    const description = { origin: "http://localhost:8080", apis: [api] };
    await writeFile(join(folder, "wrong/good.json"), JSON.stringify(description));
    await writeFile(
      join(folder, "wrong/bad.json"),
      JSON.stringify({ ...description, apis: [{ ...api, path: 1 }] }),
    );
    expect(await problem("--policies", "wrong", "--description", "wrong/good.json")).toBe(
      "local-gateway: api.xml:3:5: the policy <set-headers> is not supported by this gateway\n",
    );
    expect(await problem("--policies", "wrong", "--description", "wrong/bad.json")).toMatch(
      /^local-gateway: wrong\/bad\.json: apis\[0\]\.path: [^\n]+\n$/,
    );
  });

  it("says that the port is in use", async () => {
    const other = http.createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    expect(await problem(...example, "--port", String(port))).toBe(
      `local-gateway: port ${port} is in use on 127.0.0.1\n`,
    );
    other.close();
  });
});
