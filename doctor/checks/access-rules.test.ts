import { beforeEach, describe, expect, it, vi } from "vitest";
import { useStarted } from "../../functions/testing/started.ts";
import { workloadToken } from "../../test/support/entra-client.ts";
import { Person } from "../../test/support/person.ts";
import { notesServer } from "../../test/support/recording-backend.ts";
import { useOwnTwin } from "../../test/support/use-twin.ts";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import { examine } from "../examine.ts";
import { toJson } from "../report/json.ts";
import { configurationOf, visitTo } from "../testing/examination.ts";
import { type Listed, type ListingServer, startListingServer } from "../testing/listing-server.ts";
import type { Visit } from "../visit.ts";
import { checks } from "./index.ts";

const backend = useStarted<ListingServer>("the MCP server", startListingServer, (server) => server.stop());
const { nightlyReport } = demoTenant("http://localhost");

const servers = () => [
  {
    ...notesServer(backend),
    path: "/plain/mcp",
    name: "plain",
    scopes: [{ name: "plain.use", description: "use it" }],
  },
  {
    ...notesServer(backend),
    path: "/mcp",
    entraTokens: {
      clients: [nightlyReport.clientId],
      workloads: { "Mcp.Workload": ["notes.list", "notes.read"] },
    },
    tools: {
      rules: [
        { name: "read_*", rate: { calls: 9, period: 60 } },
        { name: "WRITE_NOTE", scopes: ["notes.write"] },
        { name: "delete_*", deny: true },
      ],
    },
    prompts: {
      hide: true,
      rules: [
        { name: "draft", scopes: ["notes.write"] },
        { name: "old*", deny: true },
      ],
    },
    resources: {
      default: "deny" as const,
      rules: [{ uri: "note://*" }, { uri: "note://team/7" }, { uri: "file:///*" }],
    },
  },
];
const twin = useOwnTwin(() => ({ servers: servers() }));

/** Every rule but those of `file:///`, `delete_*` and `old*` matches something, all of it behind the first page. */
const LISTED: Listed = {
  "tools/list": ["other", "read_all", "write_note"],
  "prompts/list": ["draft"],
  "resources/list": ["data://x", "note://1"],
  "resources/templates/list": ["data://{id}", "note://{+path}"],
};

beforeEach(() => backend.list(LISTED));

async function found(changes: Partial<Visit>) {
  const configuration = configurationOf({ servers: servers() });
  const visit = visitTo(`${twin.origin}/mcp`, { configuration, ...changes });
  const all = await examine(checks, visit);
  const {
    outcome,
    findings = [],
    fine,
    notChecked,
  } = all.find(({ check }) => check.name === "access-rules") ?? {};
  const said = findings.map(({ code, what }) => `${code}: ${what}`);
  return { outcome, said, findings, fine, notChecked, shown: toJson(visit, all) };
}

const asPerson = {
  signIn: true,
  openBrowser: async (url: string) => {
    void new Person(twin).allow(url, "Mira Okafor").then((back) => fetch(back));
    return true;
  },
};

const UNMATCHED = [
  'rule-matches-nothing: servers[1].tools.rules[2] ("delete_*") matches nothing. The server lists other, read_all, write_note.',
  'rule-matches-nothing-visible: servers[1].prompts.rules[1] ("old*") matches nothing. The server lists draft.',
  'rule-matches-nothing: servers[1].resources.rules[2] ("file:///*") matches nothing. The server lists data://x, note://1, data://{id}, note://{+path}.',
];

describe("GW-12 the doctor, of access rules", () => {
  it("names each rule that matches nothing which the server lists, for somebody who signs in", async () => {
    const { outcome, said, findings } = await found(asPerson);
    expect(said).toEqual(UNMATCHED);
    expect(outcome).toBe("warning");
    for (const { mend } of findings) expect(mend.join("\n")).toContain("gateway.config.ts");
    expect(backend.asked.filter((method) => method === "tools/list").length).toBeGreaterThanOrEqual(3);
  });

  it("does so with an Entra token that it is given, and shows nothing of it", async () => {
    const entraToken = await workloadToken(twin);
    const { said, shown } = await found({ entraToken });
    expect(said).toEqual(UNMATCHED);
    expect(shown).not.toContain(entraToken.split(".")[1]);
  });

  it("finds nothing where each matches something, or a template may expand to it", async () => {
    backend.list({
      ...LISTED,
      "tools/list": ["read_all", "write_note", "delete_all"],
      "prompts/list": ["draft", "older"],
      "resources/templates/list": ["note://{id}", "{+anything}"],
    });
    expect(await found({ entraToken: await workloadToken(twin) })).toMatchObject({
      said: [expect.stringContaining("prompts.rules[1]")],
      outcome: "info",
    });
  });

  it("says that a server without prompts and resources lists none, and writes nothing else", async () => {
    const debug = vi.spyOn(console, "debug");
    backend.list({ "tools/list": ["read_all", "write_note", "delete_all"] });
    const { said } = await found({ entraToken: await workloadToken(twin) });
    expect(said).toContain(
      'rule-matches-nothing: servers[1].resources.rules[0] ("note://*") matches nothing. The server lists no resources.',
    );
    expect(debug).not.toHaveBeenCalled();
    debug.mockRestore();
  });

  it("says that a list fails, which it cannot judge", async () => {
    backend.list({ ...LISTED, "resources/list": [] });
    const { said } = await found({ entraToken: await workloadToken(twin) });
    expect(said).toEqual([expect.stringMatching(/^lists-unreadable: A list ends with ".+"\.$/)]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "has no such server",
      () => ({ servers: servers().slice(0, 1) }),
      /has no server at \/mcp; name this gateway's/,
    ],
    [
      "is of another gateway",
      () => ({ servers: [{ ...servers()[0], path: "/mcp" }] }),
      /does not have the scope "notes\.list"/,
    ],
  ])("judges nothing by a configuration that %s", async (_, config, reason) => {
    const configuration = configurationOf(config());
    const entraToken = await workloadToken(twin);
    const { outcome, notChecked } = await found({ configuration, entraToken });
    expect(outcome).toBe("not-checked");
    expect(notChecked).toMatch(reason);
  });

  it("says that the configuration cannot be loaded, with the field", async () => {
    const { said } = await found({
      configuration: configurationOf({ servers: [] }),
      entraToken: await workloadToken(twin),
    });
    expect(said).toEqual([
      expect.stringMatching(/^configuration-unreadable: gateway\.config\.ts: servers: /),
    ]);
  });

  it("needs a token, and has nothing to say of a server without rules", async () => {
    expect(await found({})).toMatchObject({
      outcome: "not-checked",
      notChecked: expect.stringContaining("--sign-in"),
    });
    const visit = visitTo(`${twin.origin}/plain/mcp`, {
      configuration: configurationOf({ servers: servers() }),
      ...asPerson,
    });
    const all = await examine(checks, visit);
    expect(all.find(({ check }) => check.name === "access-rules")).toMatchObject({
      outcome: "fine",
      fine: "the server has none",
    });
  });
});
