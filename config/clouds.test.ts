import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { cloudNames, clouds } from "./clouds.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** The issuer of version 1.0 tokens that the public cloud and the US government's have in common. */
const SHARED = clouds.public.issuerV1Host;

/** Every host and audience that the table knows. */
const ADDRESSES = Object.values(clouds).flatMap(({ privateZones, issuerV1Host, ...rest }) => [
  ...(issuerV1Host === SHARED ? [] : [issuerV1Host.replace("https://", "")]),
  ...Object.values(rest).map((address) => address.replace("https://", "")),
  ...Object.values(privateZones),
]);

/** The table itself, and what plays or tests others. */
const ALLOWED = /\.test\.ts$|\/stand-ins\.ts$|^functions\/platform\/clouds\.ts$|^(?:doctor|infra)\/testing\//;

describe("the table of clouds", () => {
  it("has each cloud by azurerm's name", () => {
    expect(cloudNames).toEqual(["public", "usgovernment", "china"]);
  });

  it("gives no two clouds an address in common, but for the issuer of version 1.0 tokens", () => {
    expect(new Set(ADDRESSES).size).toBe(ADDRESSES.length);
    expect(clouds.usgovernment.issuerV1Host).toBe(SHARED);
  });

  it.each(cloudNames)("has whole origins of %s, without a slash at the end", (name) => {
    const { authorityHost, issuerV1Host, graph, keyVault, resourceManager, portal } = clouds[name];
    for (const origin of [authorityHost, issuerV1Host, graph, keyVault, resourceManager, portal]) {
      expect(new URL(origin).origin).toBe(origin);
      expect(origin).toMatch(/^https:/);
    }
  });

  it.each([
    [
      "public",
      "https://login.microsoftonline.com",
      "api://AzureADTokenExchange",
      "https://graph.microsoft.com",
    ],
    [
      "usgovernment",
      "https://login.microsoftonline.us",
      "api://AzureADTokenExchangeUSGov",
      "https://graph.microsoft.us",
    ],
    [
      "china",
      "https://login.partner.microsoftonline.cn",
      "api://AzureADTokenExchangeChina",
      "https://microsoftgraph.chinacloudapi.cn",
    ],
  ] as const)("knows Entra and Graph of %s", (name, authorityHost, tokenExchangeAudience, graph) => {
    expect(clouds[name]).toMatchObject({ authorityHost, tokenExchangeAudience, graph });
  });

  it("alone knows them: no other program text holds one", async () => {
    const found: string[] = [];
    const roots = "{config,doctor,functions,infra,local,policies}/**/*.{ts,mjs,xml,json}";
    for await (const file of glob(roots, { cwd: REPOSITORY })) {
      if (ALLOWED.test(file)) continue;
      const text = (await readFile(join(REPOSITORY, file), "utf8")).replace(/https:\/\/schema\.\S+/g, "");
      for (const address of [SHARED.replace("https://", ""), ...ADDRESSES])
        if (text.includes(address)) found.push(`${file}: ${address}`);
    }
    expect(found).toEqual([]);
  });
});
