import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cosmosStore } from "../../functions/authorization-server/store/cosmos.ts";
import { makeCircuit } from "../../functions/authorization-server/testing/circuit.ts";
import { selfSignedCertificate } from "../../twin/tls/certificate.ts";
import { startDatabase, type TestDatabase } from "../support/cosmos-database.ts";
import { startIdentities, type TestIdentities } from "../support/identities.ts";

/** Cosmos DB behind TLS, as its client demands before it sends a token anywhere, and what was sent to prove who calls. */
const authorizations: string[] = [];
const tls = selfSignedCertificate(["localhost"]);
const trusted = getCACertificates();
let database: TestDatabase;
let identities: TestIdentities;
let endpoint: string;

const server = createServer({ cert: tls.certificate, key: tls.privateKey }, async (request, response) => {
  authorizations.push(decodeURIComponent(request.headers.authorization ?? ""));
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && !/^(host|connection|content-length)$/.test(name))
      headers.set(name, value);
  }
  const answer = await fetch(`${database.cosmos.url}${request.url}`, {
    method: request.method ?? "GET",
    headers,
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
  const passed = [...answer.headers].filter(([name]) => !/^(content-|transfer-|connection)/.test(name));
  response.writeHead(answer.status, { ...Object.fromEntries(passed), "content-type": "application/json" });
  response.end(Buffer.from(await answer.arrayBuffer()));
});

beforeAll(async () => {
  database = await startDatabase();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
  identities = await startIdentities([
    {
      clientId: "a232010e-820c-4083-83bb-3ace5fc29d0b",
      displayName: "Azure Cosmos DB",
      identifierUris: [endpoint],
      redirectUris: [],
      scopes: [],
      appRoles: [],
      federatedCredentials: [],
      delegatedPermissions: [],
      requestedAccessTokenVersion: 1,
    },
  ]);
  setDefaultCACertificates([...trusted, tls.certificate]);
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await identities.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.cosmos.stop();
});

it("proves itself to Cosmos DB with the identity's token for that account, when it has no key", async () => {
  const store = cosmosStore({
    endpoint,
    database: "gateway",
    endpointDiscovery: false,
    managedIdentityClientId: identities.server.clientId,
    circuit: makeCircuit(),
  });
  const { etag } = await store.keys.create({ id: "data-keys", keys: [] });
  expect(await store.keys.read("data-keys", "data-keys")).toMatchObject({ etag, document: { keys: [] } });

  expect(authorizations.length).toBeGreaterThan(0);
  for (const authorization of authorizations) {
    const [, token] = /^type=aad&ver=1\.0&sig=(.+)$/.exec(authorization) ?? [];
    expect(decodeJwt(token ?? "")).toMatchObject({ aud: endpoint, oid: identities.server.principalId });
  }
  expect(identities.entra.requests.managedIdentity).toBe(1);
});
