import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../twin/free-port.ts";
import { type AuthenticatingProxy, startAuthenticatingProxy } from "../support/authenticating-proxy.ts";
import { type Check, runConformanceSuite } from "../support/conformance-suite.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";

const twin = useTwin();

describe("the conformance suite's scenarios for an authorization server", () => {
  /** @param way what the person does with the URL that the suite prints; gives where the browser came back to */
  async function run(way: (person: Person, url: string) => Promise<string>) {
    const port = String(await freePort());
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const { id } = await OAuthClient.register(twin.origin, { redirect_uris: [redirectUri] });
    const brought: Promise<unknown>[] = [];
    const bring = async (url: string) =>
      fetch(await way(new Person(twin), url), { signal: AbortSignal.timeout(PATIENCE_MS) });
    const server = ["authorization", "--url", twin.origin, "--resource", twin.mcpUrl];
    const checks = await runConformanceSuite([...server, "--client-id", id, "--port", port], (line) => {
      if (line.startsWith(`${twin.origin}/authorize?`)) brought.push(bring(line));
    });
    await Promise.all(brought);
    return checks;
  }

  it("DIS-4 DIS-6 AUT-1 AUT-2 TOK-2 finds its metadata valid, and the code grant", async () => {
    const checks = await run((person, url) => person.allow(url, USER));
    expect([...checks.keys()].sort()).toEqual([
      "authorization-code-grant",
      "authorization-server-metadata-endpoint",
    ]);
    expect(
      [...checks.values()]
        .flat()
        .map(({ id, status }) => `${id} ${status}`)
        .sort(),
    ).toEqual([
      "authorization-code-grant SUCCESS",
      "authorization-server-metadata SUCCESS",
      "authorization-server-metadata-cimd SUCCESS",
    ]);
  });

  it("CON-5 finds no grant where the person denies", async () => {
    const checks = await run((person, url) => person.deny(url));
    expect(checks.get("authorization-code-grant")).toMatchObject([
      { status: "FAILURE", errorMessage: expect.stringContaining("access_denied") },
    ]);
  });
});

/** The scenarios that tell something of a server with two tools, no session and nothing else, behind the gateway. */
const APPLY: Readonly<Record<string, readonly string[]>> = {
  "2025-06-18": ["ping", "server-initialize", "tools-list"],
  "2025-11-25": ["ping", "server-initialize", "tools-list"],
  "2026-07-28": [
    "caching",
    "http-header-validation",
    "input-required-result-unsupported-methods",
    "server-sse-multiple-streams",
    "server-stateless",
    "tools-list",
  ],
};

/** Checks in them that look for more than this server has, and how they say so. */
const BEYOND_THE_SERVER: Readonly<Record<string, RegExp>> = {
  "sep-2549-prompts-list-caching-hints": /Method not found/,
  "sep-2549-resources-list-caching-hints": /Method not found/,
  "sep-2549-resources-templates-list-caching-hints": /Method not found/,
  "sep-2549-resources-read-caching-hints": /not exercised/,
  "sep-2575-server-rejects-undeclared-capability": /does not list the diagnostic tool/,
  "sep-2575-missing-capability-http-400": /does not list the diagnostic tool/,
  "sep-2575-http-server-no-independent-requests-on-stream": /does not list the diagnostic tool/,
  "sep-2575-server-no-log-without-loglevel": /does not list the diagnostic tool/,
  "sep-2575-server-sends-prompts-list-changed-on-subscription": /^$/,
  "sep-2575-server-sends-tools-list-changed-on-subscription": /^$/,
};

/** The scenarios that tell nothing of this server, and how the suite comes to say so. */
const DO_NOT_APPLY: readonly {
  readonly because: string;
  readonly scenarios: RegExp;
  readonly complaint: RegExp;
}[] = [
  {
    because: "the sample server has no prompts, no resources, no completion and no log level",
    scenarios:
      /^(prompts-.+|resources-.+|completion-complete|logging-set-level|tools-call-with-logging|sep-2164-resource-not-found|input-required-result-non-tool-request)$/,
    complaint: /Method not found|-32601|data\.uri is undefined/,
  },
  {
    because: "it wants tools that the suite prescribes, and the sample server has its own",
    scenarios:
      /^(tools-call-(?!with-logging).+|json-schema-2020-12|elicitation-.+|http-custom-header-server-validation|input-required-result-(?!non-tool-request|unsupported-methods).+)$/,
    complaint:
      /Tool '?\w+'? not found|no tool with x-mcp-header|JSON-RPC error instead|Expected InputRequiredResult|could not get initial InputRequiredResult/,
  },
  {
    because: "the sample server has no sessions, and no streams to take up again",
    scenarios: /^(server-session-lifecycle|server-sse-polling|server-sse-multiple-streams)$/,
    complaint: /^$|did not send (priming event|retry field)/,
  },
  {
    because:
      "it is for servers without authentication; here a page from elsewhere has no token, and any page may bring its own",
    scenarios: /^dns-rebinding-protection$/,
    complaint: /invalid Host\/Origin headers, got 200/,
  },
];

describe.each(Object.entries(APPLY))(
  "the conformance suite's scenarios for a server, through the gateway, at %s",
  (revision, apply) => {
    let proxy: AuthenticatingProxy;
    let results: ReadonlyMap<string, readonly Check[]>;

    beforeAll(async () => {
      const client = await OAuthClient.register(twin.origin);
      const { accessToken } = await client.signIn(new Person(twin), USER);
      proxy = await startAuthenticatingProxy(twin.mcpUrl, accessToken);
      const server = ["server", "--url", proxy.url, "--timeout", "10000"];
      results = await runConformanceSuite([...server, "--suite", "all", "--spec-version", revision]);
    });
    afterAll(() => proxy.close());

    it.each(apply)("GW-4 %s holds", (scenario) => {
      const checks = results.get(scenario) ?? [];
      expect(checks.some(({ status }) => status === "SUCCESS")).toBe(true);
      const wanting = checks.filter(
        (check) => isWanting(check) && !saidBy(check, BEYOND_THE_SERVER[check.id]),
      );
      expect(wanting).toEqual([]);
    });

    it("tell nothing of this server otherwise, for reasons that are known", () => {
      const unexplained = [...results]
        .filter(([scenario]) => !apply.includes(scenario))
        .filter(([scenario, checks]) => {
          const reason = DO_NOT_APPLY.find(({ scenarios }) => scenarios.test(scenario));
          return !reason || checks.some((check) => isWanting(check) && !saidBy(check, reason.complaint));
        });
      expect(unexplained).toEqual([]);
    });
  },
);

const isWanting = ({ status }: Check) => status !== "SUCCESS" && status !== "INFO";

const saidBy = ({ errorMessage = "" }: Check, complaint: RegExp | undefined) =>
  complaint?.test(errorMessage) ?? false;
