import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DemoUser, EntraApplicationRegistration } from "../entra/directory.ts";
import { type Driving, drive, JWT_BEARER } from "../entra/driving.ts";
import { type LocalGraph, startGraph } from "./start.ts";

let driving: Driving;
let graph: LocalGraph;
let user: DemoUser;
/** The user's token for Graph, and the one for the sample MCP server it was exchanged from. */
let token: string;
let assertion: string;

beforeAll(async () => {
  driving = await drive();
  user = driving.tenant.users[1] as DemoUser;
  graph = await startGraphOf(driving);
  const signedIn = await driving.token({ code: await driving.code(user.oid) });
  assertion = String(signedIn.body["access_token"]);
  const exchanged = await driving.token({
    grant_type: JWT_BEARER,
    requested_token_use: "on_behalf_of",
    assertion,
    client_id: driving.tenant.graphMcp.clientId,
    client_assertion: await driving.assertion(driving.tenant.identity.graphMcp),
    scope: "https://graph.microsoft.com/User.Read profile",
  });
  token = String(exchanged.body["access_token"]);
});
afterAll(async () => {
  await graph.stop();
  await driving.entra.stop();
});

function startGraphOf({ entra, tenant }: Driving): Promise<LocalGraph> {
  const { tenantId, users } = tenant;
  return startGraph({ authorityHost: entra.url, tenantId, users, log: () => undefined });
}

async function get(path: string, bearer = token, method = "GET", url = graph.url) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: bearer === "" ? {} : { authorization: `Bearer ${bearer}` },
  });
  const body = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, body, code: body.error?.code, message: body.error?.message };
}

describe("the Graph stand-in", () => {
  it("answers /me with the default properties of the user who signed in", async () => {
    const { body } = await get("/v1.0/me");
    expect(body).toEqual({
      "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
      businessPhones: [],
      displayName: "Jonas Lindqvist",
      givenName: "Jonas",
      jobTitle: "Head of support",
      mail: "jonas.lindqvist@brightwater.example",
      mobilePhone: null,
      officeLocation: "Göteborg 2/08",
      preferredLanguage: "sv-SE",
      surname: "Lindqvist",
      userPrincipalName: "jonas.lindqvist@brightwater.example",
      id: user.oid,
    });
    expect(graph.requests["GET /v1.0/me"]).toBeGreaterThan(0);
  });

  it("answers $select with those properties alone", async () => {
    const { body } = await get("/v1.0/me?$select=displayName,mail");
    expect(body).toEqual({
      "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users(displayName,mail)/$entity",
      displayName: "Jonas Lindqvist",
      mail: "jonas.lindqvist@brightwater.example",
    });
  });

  it("refuses a property that a user has not", async () => {
    expect(await get("/v1.0/me?$select=displayName,constructor")).toMatchObject({
      status: 400,
      code: "BadRequest",
    });
  });

  it("refuses a call without a token, with nonsense, and with a token for another API", async () => {
    const refusal = { status: 401, code: "InvalidAuthenticationToken" };
    expect(await get("/v1.0/me", "")).toMatchObject({ ...refusal, message: "Access token is empty." });
    expect(await get("/v1.0/me", "nonsense")).toMatchObject(refusal);
    expect(await get("/v1.0/me", assertion)).toMatchObject(refusal);
    const altered = `${token.slice(0, -8)}${createHash("sha256").update(token).digest("hex").slice(0, 8)}`;
    expect(await get("/v1.0/me", altered)).toMatchObject(refusal);
  });

  it("refuses a token that has ended", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 3_600_000 });
    const answer = await get("/v1.0/me");
    vi.useRealTimers();
    expect(answer).toMatchObject({
      status: 401,
      code: "InvalidAuthenticationToken",
      message: "Lifetime validation failed, the token is expired.",
    });
  });

  it("refuses a token of the same tenant and form for another API", async () => {
    const [signIn, graphMcp] = driving.tenant.applications as [
      EntraApplicationRegistration,
      EntraApplicationRegistration,
    ];
    const other = await drive({ applications: [signIn, { ...graphMcp, requestedAccessTokenVersion: 1 }] });
    const otherGraph = await startGraphOf(other);
    const { body } = await other.token({ code: await other.code(user.oid) });
    expect(await get("/v1.0/me", String(body["access_token"]), "GET", otherGraph.url)).toMatchObject({
      status: 401,
      message: "Access token validation failure. Invalid audience.",
    });
    await otherGraph.stop();
    await other.entra.stop();
  });

  it("refuses an app's token, which has no User.Read, and a write", async () => {
    const ofApp = await driving.assertion(driving.tenant.identity.gateway, "https://graph.microsoft.com");
    const refusal = { status: 403, code: "Authorization_RequestDenied" };
    expect(await get("/v1.0/me", ofApp)).toMatchObject(refusal);
    expect(await get("/v1.0/me", token, "PATCH")).toMatchObject(refusal);
  });

  it.each(["/v1.0/users", "/v1.0/me/messages", "/v1.0/", "/v2.0/me"])("has nothing at %s", async (path) => {
    const { status, code } = await get(path);
    expect([status, code]).toEqual([400, "BadRequest"]);
  });
});
