import { describe, expect, it } from "vitest";
import exampleConfig from "../../examples/entra-tokens.config.ts";
import { useStarted } from "../../functions/testing/started.ts";
import shippedConfig from "../../gateway.config.ts";
import { managedIdentityToken, tokensOfPerson, workloadToken } from "../../test/support/entra-client.ts";
import { type FaultProxy, startFaultProxy } from "../../test/support/fault-proxy.ts";
import { useOwnTwin } from "../../test/support/use-twin.ts";
import { examine } from "../examine.ts";
import { toJson } from "../report/json.ts";
import { visitTo } from "../testing/examination.ts";
import type { Visit } from "../visit.ts";
import { checks } from "./index.ts";

const entra = useStarted<FaultProxy>(
  "the proxy",
  () => startFaultProxy(),
  (proxy) => proxy.stop(),
);
const twin = useOwnTwin(
  () => ({ servers: [...exampleConfig.servers, { ...shippedConfig.servers[0], name: "closed" }] as never }),
  { faultProxies: { entra } },
);

/** The codes that the check finds, and what the whole report shows. */
async function found(changes: Partial<Visit> = {}, path = "/mcp") {
  const visit = visitTo(`${twin.origin}${path}`, changes);
  const all = await examine(checks, visit);
  const { outcome, findings = [] } = all.find(({ check }) => check.name === "entra-tokens") ?? {};
  return { outcome, codes: findings.map(({ code }) => code), findings, shown: toJson(visit, all) };
}

describe("GW-16 the doctor, of Entra tokens", () => {
  it("says that the gateway cannot get the tenant's keys, at a server that takes tokens", async () => {
    const outage = entra.begin({ kind: "answers", status: 503 }, ({ path }) =>
      path.includes("/.well-known/openid-configuration"),
    );
    expect((await found()).codes).toEqual(["entra-keys-unreachable"]);
    expect(outage.met).toBeGreaterThan(0);
    outage.end();
    // The gateway asks again a while after a failure.
    await expect.poll(async () => (await found()).codes, { timeout: 10_000, interval: 500 }).toEqual([]);
  });

  it("finds nothing wrong with a good one, and shows nothing of it", async () => {
    for (const entraToken of [
      await workloadToken(twin),
      (await tokensOfPerson(twin, "Mira Okafor")).accessToken,
    ]) {
      const { outcome, codes, shown } = await found({ entraToken });
      expect([outcome, codes]).toEqual(["fine", []]);
      expect(shown).not.toContain(entraToken.split(".")[1]);
    }
  });

  it.each<[string, string, () => Promise<string>]>([
    [
      "of another application",
      "entra-token-audience",
      () => workloadToken(twin, undefined, twin.tenant.notes),
    ],
    ["of a client that is not listed", "entra-token-refused", () => managedIdentityToken(twin)],
    [
      "of a person without the role",
      "entra-token-forbidden",
      async () => (await tokensOfPerson(twin, "Tess Marlow")).accessToken,
    ],
    ["that is none", "entra-token-unreadable", async () => "hunter2"],
    [
      "that is another issuer's",
      "entra-token-unreadable",
      async () => `e30.${btoa('{"iss":"https://x.example"}')}.x`,
    ],
  ])("says what is wrong with one %s", async (_, code, token) => {
    const entraToken = await token();
    const { codes, findings, shown } = await found({ entraToken });
    expect(codes).toEqual([code]);
    expect(findings[0]?.mend.length).toBeGreaterThan(0);
    expect(shown).not.toContain(entraToken);
  });

  it("says that a server without the setting refuses a good one", async () => {
    const entraToken = await workloadToken(twin);
    expect((await found({ entraToken }, "/closed/mcp")).codes).toEqual(["entra-token-refused"]);
  });
});
