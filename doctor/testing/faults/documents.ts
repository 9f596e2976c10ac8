import { answersAt, documentsAt, insteadAt } from "../interceptors.ts";
import { deployed, type GatewayFault, RESOURCE_METADATA } from "./gateway-fault.ts";

const SERVER_METADATA = "/.well-known/oauth-authorization-server";
const OPENID_CONFIGURATION = "/.well-known/openid-configuration";
const BOTH_METADATA = [SERVER_METADATA, OPENID_CONFIGURATION];

/** The gateway says this of the clients that it knows. */
const knownClients = (...known_clients: readonly object[]) =>
  insteadAt("/health/client-documents", { body: JSON.stringify({ known_clients }) });

/** What may be wrong with metadata and keys. */
export const documentFaults: readonly GatewayFault[] = [
  {
    is: "a resource with a slash at its end",
    intercept: (subject) => documentsAt([RESOURCE_METADATA], { resource: `${subject.twin.mcpUrl}/` }),
    finds: ["protected-resource-metadata: resource-mismatch"],
  },
  {
    is: "no protected resource metadata",
    intercept: () => insteadAt(RESOURCE_METADATA, { status: 404 }),
    finds: ["protected-resource-metadata: document-missing"],
  },
  {
    is: "metadata that fails",
    intercept: () => insteadAt(RESOURCE_METADATA, { status: 503 }),
    finds: ["protected-resource-metadata: document-fails"],
  },
  {
    is: "metadata that redirects to another host",
    intercept: () =>
      insteadAt(SERVER_METADATA, { status: 302, headers: { location: "https://www.example/" } }),
    finds: ["authorization-server-metadata: document-redirected"],
  },
  {
    is: "a page where metadata should be",
    intercept: () =>
      insteadAt(SERVER_METADATA, { headers: { "content-type": "text/html" }, body: "<h1>Hello</h1>" }),
    finds: ["authorization-server-metadata: document-unreadable"],
  },
  {
    is: "Entra named as the authorization server",
    intercept: (subject) =>
      documentsAt([RESOURCE_METADATA], {
        authorization_servers: [`https://login.microsoftonline.com/${subject.twin.tenant.tenantId}/v2.0`],
      }),
    finds: ["protected-resource-metadata: authorization-server-entra"],
  },
  {
    is: "an Entra scope in the metadata",
    intercept: () =>
      documentsAt([RESOURCE_METADATA], { scopes_supported: ["mcp.tools", "api://x/Mcp.Access"] }),
    finds: ["protected-resource-metadata: scopes-of-entra"],
  },
  {
    is: "an issuer with a slash at its end",
    intercept: (subject) => documentsAt(BOTH_METADATA, { issuer: `${subject.twin.origin}/` }),
    finds: ["authorization-server-metadata: issuer-mismatch"],
  },
  {
    is: "no jwks_uri",
    intercept: () => documentsAt(BOTH_METADATA, { jwks_uri: undefined }),
    finds: ["authorization-server-metadata: jwks-missing"],
  },
  {
    is: "no PKCE in the metadata",
    intercept: () => documentsAt(BOTH_METADATA, { code_challenge_methods_supported: ["plain"] }),
    finds: ["authorization-server-metadata: pkce-missing"],
  },
  {
    is: "an OpenID configuration of its own",
    intercept: () => documentsAt([OPENID_CONFIGURATION], { jwks_uri: "https://login.example/keys" }),
    finds: ["openid-configuration: documents-differ"],
  },
  {
    is: "well-known URLs that fail where nothing is",
    intercept: () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 404 && request.path.startsWith("/.well-known/")
        ? { ...answer, status: 500 }
        : answer;
    },
    finds: Array<string>(3).fill("other-documents: unknown-path-fails"),
  },
  {
    is: "a document that was cached before the last deployment",
    intercept: () => {
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
    intercept: () => documentsAt([RESOURCE_METADATA], { resource_name: "Before" }),
    visit: (subject) => ({ authorizationServerUrl: subject.twin.authorizationServer.url }),
    finds: ["fresh-documents: document-behind"],
  },
  {
    is: "an empty key set",
    intercept: () => documentsAt(["/jwks"], { keys: [] }),
    finds: ["key-set: keys-empty"],
  },
  {
    is: "an expired key",
    intercept: () =>
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
    intercept: () =>
      answersAt("/jwks", (answer) => {
        const { keys } = JSON.parse(answer.body) as { keys: object[] };
        return { ...answer, body: JSON.stringify({ keys: keys.map((key) => ({ ...key, d: "AQAB" })) }) };
      }),
    finds: ["key-set: keys-private"],
  },
  {
    is: "a client's document out of reach, with nothing in its place",
    intercept: () =>
      knownClients(
        { client_name: "Claude", client_id: "https://claude.ai/oauth/c", from: "fetched" },
        { client_name: "Codex", client_id: "https://chatgpt.com/oauth/c", problem: "unreachable" },
      ),
    finds: ["client-documents: client-document-missing"],
  },
  {
    is: "a client's document that its host withdrew, and one that the list stands in for",
    intercept: () =>
      knownClients(
        {
          client_name: "Claude",
          client_id: "https://claude.ai/oauth/c",
          from: "list",
          problem: "unreachable",
        },
        { client_name: "Codex", client_id: "https://chatgpt.com/oauth/c", problem: "faulty" },
      ),
    finds: ["client-documents: client-document-faulty"],
  },
  {
    is: "an authorization server that fails to look for clients' documents",
    intercept: () => insteadAt("/health/client-documents", { status: 503 }),
    finds: ["client-documents: client-documents-unknown"],
  },
  {
    is: "a page where the state of clients' documents should be",
    intercept: () => insteadAt("/health/client-documents", { body: "<h1>Hello</h1>" }),
    finds: ["client-documents: client-documents-unknown"],
  },
  {
    is: "clients' documents that nobody offers, out of reach",
    intercept: () => async (request, forward) => {
      const withoutOffer = documentsAt(BOTH_METADATA, { client_id_metadata_document_supported: undefined });
      const outOfReach = knownClients({
        client_name: "Codex",
        client_id: "https://c.example/c",
        problem: "unreachable",
      });
      return withoutOffer(request, (passed) => outOfReach(passed, forward));
    },
    finds: [],
  },
  {
    is: "localhost in a deployed document",
    intercept: () => documentsAt([SERVER_METADATA], { token_endpoint: "http://127.0.0.1:7071/token" }),
    visit: deployed,
    finds: ["authorization-server-metadata: localhost-in-document"],
  },
  {
    is: "plain http in a document that came over https",
    intercept: () =>
      documentsAt(BOTH_METADATA, { revocation_endpoint: "http://mcp.brightwater.example/revoke" }),
    visit: deployed,
    finds: ["authorization-server-metadata: http-in-document"],
  },
];
