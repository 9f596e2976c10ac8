import { beforeEach, describe, expect, it } from "vitest";
import { arriveAt } from "../support/arrive-at.ts";
import type { FinishedProgram } from "../support/finished-program.ts";
import { forgetDocuments } from "../support/forget-documents.ts";
import { installMcporter, type Mcporter } from "../support/mcporter.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
/** How long an access token lasts, in seconds. */
const ACCESS_TOKEN = 3600;

const twin = useOwnTwin();
let mcporter: Mcporter;
/** What the person was asked to open. */
let opened: URL[];

beforeEach(async () => {
  const installed = await installMcporter(twin.mcpUrl);
  mcporter = installed;
  opened = [];
  return () => installed.close();
});

async function signIn(url: URL): Promise<void> {
  opened.push(url);
  await arriveAt(await new Person(twin).allow(url.href, USER));
}

const nobody = () => Promise.reject(new Error("mcporter opened a browser"));

const auth = () => mcporter.run(["auth", "graph"], signIn);
const call = (clockAhead = 0) =>
  mcporter.run(["call", "graph.whoami", "--output", "json"], nobody, clockAhead);

function expectProfile({ exitCode, output, messages }: FinishedProgram): void {
  expect(output, messages).toContain(USER);
  expect(exitCode).toBe(0);
}

const refreshes = async () =>
  (await twin.allLogs()).filter(({ message }) => message.includes('"event":"refreshed"')).length;

describe("mcporter", () => {
  it("DIS-1 DIS-4 CLI-1 CLI-6 TOK-1 registers, signs in once, and lists and calls tools", async () => {
    const { exitCode, output, messages } = await auth();
    expect(exitCode, output + messages).toBe(0);
    expect(opened).toHaveLength(1);
    expect(opened[0]?.searchParams.get("client_id")).toMatch(/^[\w-]{22}$/);
    expect(opened[0]?.searchParams.get("resource")).toBe(twin.mcpUrl);
    expect((await mcporter.run(["list", "graph"], nobody)).output).toContain("whoami");
    expectProfile(await call());
  });

  it("TOK-5 TOK-6 refreshes by itself in its next run, when its access token has ended", async () => {
    await auth();
    await twin.advance(ACCESS_TOKEN);
    const before = await refreshes();
    expectProfile(await call(ACCESS_TOKEN));
    expect(await refreshes()).toBe(before + 1);
  });

  it("CLI-7 registers again and signs in, when its registration and its session are gone", async () => {
    await auth();
    await forgetDocuments(twin, "clients");
    await forgetDocuments(twin, "sessions");
    twin.gateway.cache.clear();
    const { exitCode, output, messages } = await mcporter.run(["auth", "graph", "--reset"], signIn);
    expect(exitCode, output + messages).toBe(0);
    expectProfile(await call());
    const [before, after] = opened.map((url) => url.searchParams.get("client_id"));
    expect(after).not.toBe(before);
  });
});
