import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DemoTenant } from "../local/entra/demo-tenant.ts";
import { Person } from "../test/support/person.ts";
import { checks } from "./checks/index.ts";
import { examine } from "./examine.ts";
import { network } from "./network.ts";
import { toJson } from "./report/json.ts";
import { checkLines } from "./report/table.ts";
import { type Patient, startPatient } from "./testing/patient.ts";
import { type Renaming, renamedNetwork } from "./testing/renamed-network.ts";
import {
  answersAt,
  documentsAt,
  insteadAt,
  redirectsAt,
  type Spoil,
  startSpoiler,
  withoutHeaders,
} from "./testing/spoiler.ts";
import { readMcpUrl, type Visit } from "./visit.ts";

const RESOURCE_METADATA = "/.well-known/oauth-protected-resource/mcp";
const SERVER_METADATA = "/.well-known/oauth-authorization-server";
const OPENID_CONFIGURATION = "/.well-known/openid-configuration";
const BOTH_METADATA = [SERVER_METADATA, OPENID_CONFIGURATION];
const SOMEBODY_ELSE = "0c4a7e1b-58d2-4f36-9b1a-7d2e5f80c3a9";
const DEPLOYED = "https://mcp.brightwater.example";

let patient: Patient;

beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient.stop());
afterEach(() => patient.heal());

function visitTo(changes: Partial<Visit> = {}): Visit {
  return {
    ...readMcpUrl(patient.twin.mcpUrl),
    signIn: false,
    signInTimeout: 10_000,
    network,
    now: Date.now,
    openBrowser: async () => false,
    say: () => undefined,
    ...changes,
  };
}

/** A person signs in as soon as the doctor opens the browser. @param user display name */
function signingInAs(user: string): Partial<Visit> {
  return {
    signIn: true,
    openBrowser: async (url) => {
      const person = new Person({ origin: patient.twin.origin, entra: patient.twin.entra });
      void person.allow(url, user).then(fetch);
      return true;
    },
  };
}

/** "check: code" for everything that is wrong. */
async function wrongWith(visit: Visit): Promise<string[]> {
  const all = await examine(checks, visit);
  for (const { findings } of all) {
    for (const finding of findings) {
      expect(finding.what).not.toBe("");
      if (finding.level === "error") expect(finding.mend.join()).not.toBe("");
    }
  }
  return all.flatMap(({ check, findings }) =>
    findings.filter(({ level }) => level !== "info").map(({ code }) => `${check.name}: ${code}`),
  );
}

describe("the doctor at a healthy twin", () => {
  it("finds nothing wrong", async () => {
    const visit = visitTo({ authorizationServerUrl: patient.twin.authorizationServer.url });
    expect(await wrongWith(visit)).toEqual([]);
  });

  it("goes through the sign-in to Microsoft Graph, signs out, and shows no secret", async () => {
    const { twin } = patient;
    const said: string[] = [];
    const person = new Person({ origin: twin.origin, entra: twin.entra });
    const answers: string[] = [];
    const visit = visitTo({
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

interface Sickness {
  readonly is: string;
  readonly spoil?: () => Spoil;
  readonly change?: () => void;
  readonly visit?: () => Partial<Visit>;
  readonly finds: readonly string[];
}

const sicknesses: readonly Sickness[] = [
  {
    is: "a resource with a slash at its end",
    spoil: () => documentsAt([RESOURCE_METADATA], { resource: `${patient.twin.mcpUrl}/` }),
    finds: ["protected-resource-metadata: resource-mismatch"],
  },
  {
    is: "no protected resource metadata",
    spoil: () => insteadAt(RESOURCE_METADATA, { status: 404 }),
    finds: ["protected-resource-metadata: document-missing"],
  },
  {
    is: "metadata that fails",
    spoil: () => insteadAt(RESOURCE_METADATA, { status: 503 }),
    finds: ["protected-resource-metadata: document-fails"],
  },
  {
    is: "metadata that redirects to another host",
    spoil: () => insteadAt(SERVER_METADATA, { status: 302, headers: { location: "https://www.example/" } }),
    finds: ["authorization-server-metadata: document-redirected"],
  },
  {
    is: "a page where metadata should be",
    spoil: () =>
      insteadAt(SERVER_METADATA, { headers: { "content-type": "text/html" }, body: "<h1>Hello</h1>" }),
    finds: ["authorization-server-metadata: document-unreadable"],
  },
  {
    is: "Entra named as the authorization server",
    spoil: () =>
      documentsAt([RESOURCE_METADATA], {
        authorization_servers: [`https://login.microsoftonline.com/${patient.twin.tenant.tenantId}/v2.0`],
      }),
    finds: ["protected-resource-metadata: authorization-server-entra"],
  },
  {
    is: "an Entra scope in the metadata",
    spoil: () => documentsAt([RESOURCE_METADATA], { scopes_supported: ["mcp.tools", "api://x/Mcp.Access"] }),
    finds: ["protected-resource-metadata: scopes-of-entra"],
  },
  {
    is: "an issuer with a slash at its end",
    spoil: () => documentsAt(BOTH_METADATA, { issuer: `${patient.twin.origin}/` }),
    finds: ["authorization-server-metadata: issuer-mismatch"],
  },
  {
    is: "no jwks_uri",
    spoil: () => documentsAt(BOTH_METADATA, { jwks_uri: undefined }),
    finds: ["authorization-server-metadata: jwks-missing"],
  },
  {
    is: "no PKCE in the metadata",
    spoil: () => documentsAt(BOTH_METADATA, { code_challenge_methods_supported: ["plain"] }),
    finds: ["authorization-server-metadata: pkce-missing"],
  },
  {
    is: "an OpenID configuration of its own",
    spoil: () => documentsAt([OPENID_CONFIGURATION], { jwks_uri: "https://login.example/keys" }),
    finds: ["openid-configuration: documents-differ"],
  },
  {
    is: "well-known URLs that fail where nothing is",
    spoil: () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 404 && request.path.startsWith("/.well-known/")
        ? { ...answer, status: 500 }
        : answer;
    },
    finds: Array<string>(3).fill("other-documents: unknown-path-fails"),
  },
  {
    is: "a document that was cached before the last deployment",
    spoil: () => {
      let read = 0;
      return documentsAt([RESOURCE_METADATA], {
        get resource_name() {
          return read++ % 2 === 0 ? "Before" : "After";
        },
      });
    },
    finds: ["fresh-documents: document-stale"],
  },
  {
    is: "another document at the gateway than at the app",
    spoil: () => documentsAt([RESOURCE_METADATA], { resource_name: "Before" }),
    visit: () => ({ authorizationServerUrl: patient.twin.authorizationServer.url }),
    finds: ["fresh-documents: document-behind"],
  },
  {
    is: "an empty key set",
    spoil: () => documentsAt(["/jwks"], { keys: [] }),
    finds: ["key-set: keys-empty"],
  },
  {
    is: "an expired key",
    spoil: () =>
      answersAt("/jwks", (answer) => {
        const { keys } = JSON.parse(answer.body) as { keys: object[] };
        return {
          ...answer,
          body: JSON.stringify({ keys: keys.map((key) => ({ ...key, exp: 1_700_000_000 })) }),
        };
      }),
    finds: ["key-set: keys-expired"],
  },
  {
    is: "a private key in the key set",
    spoil: () =>
      answersAt("/jwks", (answer) => {
        const { keys } = JSON.parse(answer.body) as { keys: object[] };
        return { ...answer, body: JSON.stringify({ keys: keys.map((key) => ({ ...key, d: "AQAB" })) }) };
      }),
    finds: ["key-set: keys-private"],
  },
  {
    is: "a challenge without resource_metadata",
    spoil: () => challengeBecomes('Bearer scope="mcp.tools"'),
    finds: ["challenge: challenge-without-metadata"],
  },
  {
    is: "a challenge with an error although no token was sent",
    spoil: () => challengeBecomes(`Bearer error="invalid_token", ${goodChallenge()}`),
    finds: ["challenge: challenge-error-without-token"],
  },
  {
    is: "the backend's own challenge",
    spoil: () =>
      challengeBecomes(`Bearer authorization_uri="https://login.microsoftonline.com/x", ${goodChallenge()}`),
    finds: ["challenge: challenge-of-entra"],
  },
  {
    is: "an MCP server open to everybody",
    spoil: () => insteadAt("/mcp", { headers: { "content-type": "application/json" }, body: "{}" }),
    finds: ["challenge: mcp-open"],
  },
  {
    is: "documents that web pages may not read",
    spoil: () => withoutHeaders(RESOURCE_METADATA, "access-control-allow-origin"),
    finds: ["cors: preflight-refused", "cors: answer-hidden"],
  },
  {
    is: "a challenge that web pages may not read",
    spoil: () => withoutHeaders("/mcp", "access-control-expose-headers"),
    finds: ["cors: challenge-hidden"],
  },
  {
    is: "a consent page that other sites' scripts may read",
    spoil: () =>
      answersAt("/authorize", (answer) => ({
        ...answer,
        headers: { ...answer.headers, "access-control-allow-origin": "*" },
      })),
    finds: ["cors: sign-in-open-to-scripts"],
  },
  {
    is: "a clock 10 minutes ahead",
    spoil: () => async (request, forward) => {
      const answer = await forward(request);
      const date = new Date(Date.now() + 600_000).toUTCString();
      return { ...answer, headers: { ...answer.headers, date } };
    },
    finds: ["clock: clock-skew"],
  },
  {
    is: "an authorization server that did not start",
    spoil: () => insteadAt("/health/ready", { status: 503 }),
    finds: ["health: health-fails"],
  },
  {
    is: "a registration that fails",
    spoil: () => insteadAt("/register", { status: 500, body: '{"error":"server_error"}' }),
    finds: ["cors: preflight-refused", "registration: registration-fails"],
  },
  {
    is: "a way to Entra without consent",
    spoil: () =>
      insteadAt("/authorize", { status: 302, headers: { location: `${patient.twin.entra.url}/x` } }),
    finds: ["consent-page: consent-skipped"],
  },
  {
    is: "a sign-in at another host",
    spoil: () => insteadAt("/authorize", { status: 302, headers: { location: "https://login.example/" } }),
    finds: ["consent-page: authorize-redirected"],
  },
  {
    is: "something before the gateway that strips what browsers say of a form",
    spoil: () => (request, forward) => {
      const { origin: _, "sec-fetch-site": __, ...headers } = request.headers;
      return forward(request.path === "/consent" ? { ...request, headers } : request);
    },
    finds: ["consent: consent-blocked"],
  },
  {
    is: "a consent form that other sites may send",
    spoil: () => (request, forward) => {
      const { origin } = patient.twin;
      const headers = { ...request.headers, origin, "sec-fetch-site": "same-origin" };
      return forward(request.path === "/consent" ? { ...request, headers } : request);
    },
    finds: ["consent: consent-from-elsewhere"],
  },
  {
    is: "an approval that leads to another host than Entra",
    spoil: () => redirectsAt("/consent", (location) => Object.assign(location, { host: "login.example" })),
    finds: ["consent: consent-leads-elsewhere"],
  },
  {
    is: "the tenant's ID in place of the application's",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("client_id", patient.twin.tenant.tenantId),
      ),
    finds: ["entra-request: client-is-tenant"],
  },
  {
    is: "a scope of the tenant's ID",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("scope", `openid api://${patient.twin.tenant.tenantId}/Mcp.Access`),
      ),
    finds: ["entra-request: scope-of-tenant"],
  },
  {
    is: "no scope of the MCP server",
    spoil: () => redirectsAt("/consent", ({ searchParams }) => searchParams.set("scope", "openid profile")),
    finds: ["entra-request: scope-shape"],
  },
  {
    is: "a redirect URI at another host",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("redirect_uri", "https://old.brightwater.example/callback"),
      ),
    finds: ["entra-request: redirect-uri-elsewhere"],
  },
  {
    is: "a redirect URI that Entra does not know",
    change: () =>
      Object.assign(patient.signIn, { redirectUris: ["https://old.brightwater.example/callback"] }),
    finds: ["entra-page: entra-redirect-uri"],
  },
  {
    is: "an identity's ID in place of the application's",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("client_id", patient.twin.tenant.identity.authorizationServer.principalId),
      ),
    finds: ["entra-page: entra-application"],
  },
  {
    is: "a tenant that there is not",
    spoil: () =>
      redirectsAt("/consent", (location) =>
        Object.assign(location, { pathname: location.pathname.replace(/[^/]+/, SOMEBODY_ELSE) }),
      ),
    finds: ["entra-page: entra-tenant"],
  },
  {
    is: "a scope of an application that there is not",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("scope", `openid api://${SOMEBODY_ELSE}/Mcp.Access`),
      ),
    finds: ["entra-page: entra-resource"],
  },
  {
    is: "a scope that the MCP server's application does not have",
    change: () => Object.assign(patient.graphMcp, { scopes: [{ value: "Other" }] }),
    visit: () => signingInAs("Mira Okafor"),
    finds: ["sign-in: entra-scope"],
  },
  {
    is: "no consent to the MCP server's scope",
    change: () => Object.assign(patient.signIn, { delegatedPermissions: [] }),
    finds: ["entra-page: entra-consent"],
  },
  {
    is: "a federated credential with the identity's client ID as its subject",
    change: () => credentialBecomes({ subject: patient.twin.tenant.identity.authorizationServer.clientId }),
    finds: ["gateway-credential: federated-subject"],
  },
  {
    is: "a federated credential of another issuer",
    change: () => credentialBecomes({ issuer: `https://login.microsoftonline.com/${SOMEBODY_ELSE}/v2.0` }),
    finds: ["gateway-credential: federated-issuer"],
  },
  {
    is: "a federated credential for another audience",
    change: () => credentialBecomes({ audience: "api://AzureADTokenExchangeUSGov" }),
    finds: ["gateway-credential: federated-audience"],
  },
  {
    is: "a Functions app open to the world",
    visit: () => ({ authorizationServerUrl: openApp.url }),
    finds: ["functions-app: app-open"],
  },
  {
    is: "a person without the role",
    visit: () => ({
      signIn: true,
      openBrowser: async (url) => {
        const person = new Person({ origin: patient.twin.origin, entra: patient.twin.entra });
        void refused(person, url);
        return true;
      },
    }),
    finds: ["sign-in: role-missing"],
  },
  {
    is: "a person who declines",
    visit: () => ({
      signIn: true,
      openBrowser: async (url) => {
        const person = new Person({ origin: patient.twin.origin, entra: patient.twin.entra });
        void person.deny(url).then(fetch);
        return true;
      },
    }),
    finds: ["sign-in: sign-in-declined"],
  },
  {
    is: "nobody at the browser",
    visit: () => ({ signIn: true, signInTimeout: 50, openBrowser: async () => true }),
    finds: ["sign-in: sign-in-unfinished"],
  },
  {
    is: "a code that is not redeemed",
    spoil: () =>
      answersAt("/token", (answer, { method }) =>
        method === "POST"
          ? { ...answer, status: 400, body: '{"error":"invalid_grant","error_description":"no"}' }
          : answer,
      ),
    visit: () => signingInAs("Mira Okafor"),
    finds: ["sign-in: code-refused"],
  },
  {
    is: "a backend that is down",
    spoil: () => async (request, forward) =>
      request.path === "/mcp" && request.headers.authorization?.startsWith("Bearer eyJ")
        ? { status: 502, headers: { "content-type": "application/json" }, body: "{}" }
        : forward(request),
    visit: () => signingInAs("Mira Okafor"),
    finds: ["tools: mcp-unavailable"],
  },
  {
    is: "an MCP server that nobody allowed to use Microsoft Graph",
    change: () => Object.assign(patient.graphMcp, { delegatedPermissions: [] }),
    visit: () => signingInAs("Mira Okafor"),
    finds: ["on-behalf-of: graph-consent"],
  },
  {
    is: "an MCP server with a federated credential of another identity",
    change: () =>
      Object.assign(patient.graphMcp, {
        federatedCredentials: [{ subject: SOMEBODY_ELSE, audience: "api://AzureADTokenExchange" }],
      }),
    visit: () => signingInAs("Mira Okafor"),
    finds: ["on-behalf-of: server-credential"],
  },
  {
    is: "a revocation that does nothing",
    spoil: () => async (request, forward) =>
      request.path === "/revoke" && request.method === "POST"
        ? { status: 200, headers: {}, body: "{}" }
        : forward(request),
    visit: () => signingInAs("Mira Okafor"),
    finds: ["session-end: revocation-late"],
  },
  {
    is: "localhost in a deployed document",
    spoil: () => documentsAt([SERVER_METADATA], { token_endpoint: "http://127.0.0.1:7071/token" }),
    visit: deployed,
    finds: ["authorization-server-metadata: localhost-in-document"],
  },
  {
    is: "plain http in a document that came over https",
    spoil: () => documentsAt(BOTH_METADATA, { revocation_endpoint: "http://mcp.brightwater.example/revoke" }),
    visit: deployed,
    finds: ["authorization-server-metadata: http-in-document"],
  },
  {
    is: "a deployed gateway that comes back from Entra to localhost",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("redirect_uri", "http://localhost:7071/callback"),
      ),
    visit: deployed,
    finds: ["entra-request: redirect-uri-elsewhere"],
  },
  {
    is: "no TLS",
    visit: () => readMcpUrl("http://mcp.brightwater.example/mcp"),
    finds: ["connection: plain-http"],
  },
];

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

describe("the doctor at a twin with", () => {
  it("a deployed one's names finds nothing wrong", async () => {
    expect(await wrongWith(visitTo(deployed()))).toEqual([]);
  });

  it.each(sicknesses)("$is finds $finds", async ({ spoil, change, visit, finds }) => {
    change?.();
    patient.spoiler.break(spoil?.());
    expect(await wrongWith(visitTo(visit?.()))).toEqual(finds);
  });
});

describe("the doctor at a twin whose settings have", () => {
  it.each<[string, (tenant: DemoTenant) => Partial<DemoTenant>, string[]]>([
    [
      "the gateway identity's client ID in place of its principal ID",
      ({ identity }) => ({
        identity: { ...identity, gateway: { ...identity.gateway, principalId: identity.gateway.clientId } },
      }),
      ["registration: gateway-identity-refused"],
    ],
    [
      "the gateway identity's principal ID in place of its client ID",
      ({ identity }) => ({
        identity: { ...identity, gateway: { ...identity.gateway, clientId: identity.gateway.principalId } },
      }),
      [
        "health: health-fails",
        "protected-resource-metadata: document-fails",
        "authorization-server-metadata: document-fails",
      ],
    ],
    [
      "the app identity's principal ID in place of its client ID",
      ({ identity: { authorizationServer: app, ...others } }) => ({
        identity: { ...others, authorizationServer: { ...app, clientId: app.principalId } },
      }),
      ["gateway-credential: identity-unavailable"],
    ],
  ])("%s finds it", async (_, settings, finds) => {
    const sick = await startPatient(settings);
    try {
      expect(await wrongWith(visitTo(readMcpUrl(sick.twin.mcpUrl)))).toEqual(finds);
    } finally {
      await sick.stop();
    }
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

/** The twin as if it were in Azure. */
function deployed(): Partial<Visit> {
  const renaming: Renaming = [
    [patient.twin.origin, DEPLOYED],
    [patient.twin.entra.url, "https://login.microsoftonline.com"],
  ];
  return { ...readMcpUrl(`${DEPLOYED}/mcp`), network: renamedNetwork(renaming) };
}

function goodChallenge(): string {
  return `resource_metadata="${patient.twin.origin}${RESOURCE_METADATA}", scope="mcp.tools"`;
}

/** Where no token is sent. */
function challengeBecomes(challenge: string): Spoil {
  return answersAt("/mcp", (answer, { headers }) =>
    headers.authorization
      ? answer
      : { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } },
  );
}

function credentialBecomes(change: { subject?: string; issuer?: string; audience?: string }): void {
  const federatedCredentials = patient.signIn.federatedCredentials.map((each) => ({ ...each, ...change }));
  Object.assign(patient.signIn, { federatedCredentials });
}

/** Signs in without the role, reads why not, and goes back to the client. */
async function refused(person: Person, url: string): Promise<void> {
  const arrival = await person.press(await person.askEntra(url), "Tess Marlow");
  if (!("page" in arrival)) throw new Error("the person was let in");
  const back = /<a class="button primary" href="([^"]+)"/.exec(arrival.page.html)?.[1] ?? "";
  await fetch(back.replaceAll("&amp;", "&"));
}
