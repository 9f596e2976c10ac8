import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Person } from "../test/support/person.ts";
import { type FunctionsApp, startFunctionsApp } from "../twin/functions-host/start.ts";
import { checks } from "./checks/index.ts";
import { examine } from "./examine.ts";
import { toJson } from "./report/json.ts";
import { checkLines } from "./report/table.ts";
import { type Patient, startPatient } from "./testing/breakable-gateway.ts";
import { visitTo, wrongWith } from "./testing/examination.ts";
import { sickConsents } from "./testing/faults/consent.ts";
import { sickDocuments } from "./testing/faults/documents.ts";
import { sickTenants } from "./testing/faults/entra.ts";
import { sickGateways } from "./testing/faults/gateway.ts";
import { deployed, type Sickness } from "./testing/faults/gateway-fault.ts";
import { sickSignIns } from "./testing/faults/sign-in.ts";
import { documentsAt, startSpoiler } from "./testing/tampering-proxy.ts";

let patient: Patient;

beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient.stop());
afterEach(() => patient.heal());

describe("the doctor at a healthy twin", () => {
  it("finds nothing wrong", async () => {
    const visit = visitTo(patient.twin.mcpUrl, {
      authorizationServerUrl: patient.twin.authorizationServer.url,
    });
    expect(await wrongWith(visit)).toEqual([]);
  });

  it("CLI-15 says for which clients the list serves, because their documents are out of reach", async () => {
    const all = await examine(checks, visitTo(patient.twin.mcpUrl));
    const { outcome, findings } = all.find(({ check }) => check.name === "client-documents") ?? {};
    expect([outcome, findings?.map(({ code }) => code)]).toEqual(["info", ["client-document-listed"]]);
    expect(findings?.[0]?.what).toContain(
      "Claude Code (https://claude.ai/oauth/claude-code-client-metadata)",
    );
    expect(findings?.[0]?.mend.join("\n")).toMatch(/chatgpt\.com.*clientDocuments\.proxy/s);
  });

  it("goes through the sign-in to Microsoft Graph, signs out, and shows no secret", async () => {
    const { twin } = patient;
    const said: string[] = [];
    const person = new Person({ origin: twin.origin, entra: twin.entra });
    const answers: string[] = [];
    const visit = visitTo(patient.twin.mcpUrl, {
      signIn: true,
      say: (text) => said.push(text),
      openBrowser: async (url) => {
        void person.allow(url, "Mira Okafor").then((back) => {
          answers.push(new URL(back).searchParams.get("code") ?? "");
          return fetch(back);
        });
        return true;
      },
    });
    const all = await examine(checks, visit);
    expect(
      all.filter(({ outcome }) => !["fine", "info"].includes(outcome)).map(({ check }) => check.name),
    ).toEqual(["functions-app"]);
    const shown = [
      toJson(visit, all),
      ...all.map((each) => checkLines(each, { colour: false, width: 100 })),
      ...said,
    ];
    for (const secret of [...person.secrets, ...answers]) expect(shown.join("\n")).not.toContain(secret);
    expect(answers).toHaveLength(1);
    expect(shown.join("\n")).not.toMatch(/eyJ|__Host-\w+=/);
  });
});

/** Answers everybody as if they were the gateway. */
let openApp: Awaited<ReturnType<typeof startSpoiler>>;
beforeAll(async () => {
  openApp = await startSpoiler();
  openApp.target(patient.twin.authorizationServer.url);
  openApp.break(async (request, forward) => {
    const answer = await forward(request);
    return answer.status === 401 ? { ...answer, status: 200 } : answer;
  });
});
afterAll(() => openApp.stop());

/** Has no settings, so that it does not load. */
let emptyApp: FunctionsApp;
beforeAll(async () => {
  emptyApp = await startFunctionsApp({
    name: "authorization-server",
    folder: resolve(import.meta.dirname, "../dist/functions/authorization-server"),
    settings: {},
    log: () => undefined,
  });
});
afterAll(() => emptyApp.stop());

const sicknesses: readonly Sickness[] = [
  ...sickDocuments,
  ...sickGateways,
  ...sickConsents,
  ...sickTenants,
  ...sickSignIns,
  {
    is: "a Functions app open to the world",
    visit: () => ({ authorizationServerUrl: openApp.url }),
    finds: ["functions-app: app-open"],
  },
  {
    is: "a Functions app that did not load",
    visit: () => ({ authorizationServerUrl: emptyApp.url }),
    finds: ["functions-app: functions-missing"],
  },
];

describe("the doctor at a twin with", () => {
  it("a deployed one's names finds nothing wrong", async () => {
    expect(await wrongWith(visitTo(patient.twin.mcpUrl, deployed(patient)))).toEqual([]);
  });

  it.each(sicknesses)("$is finds $finds", async ({ spoil, change, visit, finds }) => {
    change?.(patient);
    patient.spoiler.break(spoil?.(patient));
    expect(await wrongWith(visitTo(patient.twin.mcpUrl, visit?.(patient)))).toEqual(finds);
  });
});

describe("npm run doctor at a twin", () => {
  it("ends with 0 when it is healthy, with 1 when it is not, and says the same in JSON", async () => {
    const run = (words: string[]) =>
      new Promise<{ code: number; stdout: string }>((resolve) => {
        const main = join(import.meta.dirname, "main.ts");
        execFile(process.execPath, [main, patient.twin.mcpUrl, ...words], (error, stdout) =>
          resolve({ code: Number(error?.code ?? 0), stdout }),
        );
      });
    const healthy = await run([]);
    expect(healthy.code).toBe(0);
    expect(healthy.stdout).toContain("Nothing is wrong.");
    expect(healthy.stdout).not.toContain("WRONG");

    patient.spoiler.break(documentsAt(["/jwks"], { keys: [] }));
    const sick = await run(["--json"]);
    expect(sick.code).toBe(1);
    expect(JSON.parse(sick.stdout)).toMatchObject({ healthy: false, mcpUrl: patient.twin.mcpUrl });
    expect(sick.stdout).toContain('"keys-empty"');
  });
});
