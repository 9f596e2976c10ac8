import {
  type AuthInfo,
  createMcpHandler,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
} from "@modelcontextprotocol/server";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { serve } from "./serve.ts";

const issuer = process.env["ISSUER"] ?? "http://localhost:8080";
const audience = process.env["AUDIENCE"] ?? "https://files.example/mcp";

const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const expected = { issuer, audience, typ: "mcp-assertion+jwt", algorithms: ["RS256"] };

/** All that this server has to know of who calls: the gateway's assertion says it. */
async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const { payload } = await jwtVerify(token, keys, expected).catch((error: unknown) => {
    if (!(error instanceof errors.JOSEError)) {
      process.stderr.write(`The keys of ${issuer} cannot be fetched. Is ISSUER right?\n`);
      throw error;
    }
    throw new OAuthError(OAuthErrorCode.InvalidToken, "The assertion is not valid here.");
  });
  return {
    token,
    clientId: String(payload["client_id"]),
    scopes: String(payload["scope"]).split(" "),
    expiresAt: payload.exp ?? 0,
    extra: payload,
  };
}

const authenticate = requireBearerAuth({ verifier: { verifyAccessToken }, requiredScopes: ["files.read"] });

const handler = createMcpHandler(({ authInfo }) => {
  const server = new McpServer({ name: "files", version: "1.0.0" });
  const { sub, name = sub } = authInfo?.extra ?? {};
  const files = { owner: name, files: ["plan.md", "budget.csv"] };
  server.registerTool("list_files", { description: "Lists the files of the person who calls." }, () => ({
    content: [{ type: "text", text: JSON.stringify(files) }],
    structuredContent: files,
  }));
  return server;
});

await serve(Number(process.env["PORT"] ?? 3001), async (request) => {
  const caller = await authenticate(request);
  return caller instanceof Response ? caller : handler.fetch(request, { authInfo: caller });
});
