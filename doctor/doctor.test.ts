import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFaultProxy } from "../test/support/fault-proxy.ts";
import { Person } from "../test/support/person.ts";
import { type FunctionsApp, startFunctionsApp } from "../twin/functions-host/start.ts";
import { checks } from "./checks/index.ts";
import { examine } from "./examine.ts";
import { toJson } from "./report/json.ts";
import { checkLines } from "./report/table.ts";
import { type BreakableGateway, startBreakableGateway } from "./testing/breakable-gateway.ts";
import { visitTo, wrongWith } from "./testing/examination.ts";
import { consentFaults } from "./testing/faults/consent.ts";
import { documentFaults } from "./testing/faults/documents.ts";
import { entraFaults } from "./testing/faults/entra.ts";
import { gatewayFaults } from "./testing/faults/gateway.ts";
import { deployed, type GatewayFault } from "./testing/faults/gateway-fault.ts";
import { signInFaults } from "./testing/faults/sign-in.ts";
import { documentsAt } from "./testing/interceptors.ts";

let subject: BreakableGateway;

beforeAll(async () => {
  subject = await startBreakableGateway();
});
afterAll(() => subject.stop());
afterEach(() => subject.repair());

describe("the doctor at a healthy twin", () => {
  it("finds nothing wrong", async () => {
    const visit = visitTo(subject.twin.mcpUrl, {
      authorizationServerUrl: subject.twin.authorizationServer.url,
    });
    expect(await wrongWith(visit)).toEqual([]);
  });

  it("CLI-15 says for which clients the list serves, because their documents are out of reach", async () => {
    const all = await examine(checks, visitTo(subject.twin.mcpUrl));
    const { outcome, findings } = all.find(({ check }) => check.name === "client-documents") ?? {};
    expect([outcome, findings?.map(({ code }) => code)]).toEqual(["info", ["client-document-listed"]]);
    expect(findings?.[0]?.what).toContain(
      "Claude Code (https://claude.ai/oauth/claude-code-client-metadata)",
    );
    expect(findings?.[0]?.mend.join("\n")).toMatch(/chatgpt\.com.*clientDocuments\.proxy/s);
  });

  it("goes through the sign-in to Microsoft Graph, signs out, and shows no secret", async () => {
    const { twin } = subject;
    const said: string[] = [];
    const person = new Person({ origin: twin.origin, entra: twin.entra });
    const answers: string[] = [];
    const visit = visitTo(subject.twin.mcpUrl, {
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
let openApp: Awaited<ReturnType<typeof startFaultProxy>>;
beforeAll(async () => {
  openApp = await startFaultProxy();
  openApp.forwardTo(subject.twin.authorizationServer.url);
  openApp.intercept(async (request, forward) => {
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

const faults: readonly GatewayFault[] = [
  ...documentFaults,
  ...gatewayFaults,
  ...consentFaults,
  ...entraFaults,
  ...signInFaults,
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
    expect(await wrongWith(visitTo(subject.twin.mcpUrl, deployed(subject)))).toEqual([]);
  });

  it.each(faults)("$is finds $finds", async ({ intercept, change, visit, finds }) => {
    change?.(subject);
    subject.proxy.intercept(intercept?.(subject));
    expect(await wrongWith(visitTo(subject.twin.mcpUrl, visit?.(subject)))).toEqual(finds);
  });
});

describe("npm run doctor at a twin", () => {
  it("ends with 0 when it is healthy, with 1 when it is not, and says the same in JSON", async () => {
    const run = (words: string[]) =>
      new Promise<{ code: number; stdout: string }>((resolve) => {
        const main = join(import.meta.dirname, "main.ts");
        execFile(process.execPath, [main, subject.twin.mcpUrl, ...words], (error, stdout) =>
          resolve({ code: Number(error?.code ?? 0), stdout }),
        );
      });
    const healthy = await run([]);
    expect(healthy.code).toBe(0);
    expect(healthy.stdout).toContain("Nothing is wrong.");
    expect(healthy.stdout).not.toContain("WRONG");

    subject.proxy.intercept(documentsAt(["/jwks"], { keys: [] }));
    const broken = await run(["--json"]);
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ healthy: false, mcpUrl: subject.twin.mcpUrl });
    expect(broken.stdout).toContain('"keys-empty"');
  });
});
