import type { Interceptor, PassingAnswer } from "../../../test/support/fault-proxy.ts";
import { readMcpUrl } from "../../visit.ts";
import type { BreakableGateway } from "../breakable-gateway.ts";
import { answersAt, hasAccessToken, insteadAt, withoutHeaders } from "../interceptors.ts";
import { type GatewayFault, RESOURCE_METADATA } from "./gateway-fault.ts";

/** What may be wrong with challenges, CORS and the gateway itself. */
export const gatewayFaults: readonly GatewayFault[] = [
  {
    is: "a challenge without resource_metadata",
    intercept: () => challengeBecomes('Bearer scope="mcp.tools"'),
    finds: ["challenge: challenge-without-metadata"],
  },
  {
    is: "a challenge with an error although no token was sent",
    intercept: (subject) => challengeBecomes(`Bearer error="invalid_token", ${goodChallenge(subject)}`),
    finds: ["challenge: challenge-error-without-token"],
  },
  {
    is: "the backend's own challenge",
    intercept: (subject) =>
      challengeBecomes(
        `Bearer authorization_uri="https://login.microsoftonline.com/x", ${goodChallenge(subject)}`,
      ),
    finds: ["challenge: challenge-of-entra"],
  },
  {
    is: "an MCP server open to everybody",
    intercept: () => insteadAt("/mcp", { headers: { "content-type": "application/json" }, body: "{}" }),
    finds: ["challenge: mcp-open"],
  },
  {
    is: "tokens that are taken unseen where they say that they are Entra's",
    intercept: () => forEntraTokens({ status: 200, body: "{}" }),
    finds: ["entra-tokens: forged-entra-token-accepted"],
  },
  {
    is: "Entra's keys out of the gateway's reach",
    intercept: () => forEntraTokens({ status: 503 }),
    finds: ["entra-tokens: entra-keys-unreachable"],
  },
  {
    is: "a challenge for Entra tokens that leads to Entra",
    intercept: () =>
      forEntraTokens({
        status: 401,
        headers: { "www-authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/x"' },
      }),
    finds: ["entra-tokens: entra-token-challenge"],
  },
  {
    is: "documents that web pages may not read",
    intercept: () => withoutHeaders(RESOURCE_METADATA, "access-control-allow-origin"),
    finds: ["cors: preflight-refused", "cors: answer-hidden"],
  },
  {
    is: "a challenge that web pages may not read",
    intercept: () => withoutHeaders("/mcp", "access-control-expose-headers"),
    finds: ["cors: challenge-hidden"],
  },
  {
    is: "a consent page that other sites' scripts may read",
    intercept: () =>
      answersAt("/authorize", (answer) => ({
        ...answer,
        headers: { ...answer.headers, "access-control-allow-origin": "*" },
      })),
    finds: ["cors: sign-in-open-to-scripts"],
  },
  {
    is: "a clock 10 minutes ahead",
    intercept: () => async (request, forward) => {
      const answer = await forward(request);
      const date = new Date(Date.now() + 600_000).toUTCString();
      return { ...answer, headers: { ...answer.headers, date } };
    },
    finds: ["clock: clock-skew"],
  },
  {
    is: "an authorization server that did not start",
    intercept: () => insteadAt("/health/ready", { status: 503 }),
    finds: ["health: health-fails"],
  },
  {
    is: "a registration that fails",
    intercept: () => insteadAt("/register", { status: 500, body: '{"error":"server_error"}' }),
    finds: ["cors: preflight-refused", "registration: registration-fails"],
  },
  {
    is: "no TLS",
    visit: () => readMcpUrl("http://mcp.brightwater.example/mcp"),
    finds: ["connection: plain-http"],
  },
];

function goodChallenge({ twin }: BreakableGateway): string {
  return `resource_metadata="${twin.origin}${RESOURCE_METADATA}", scope="mcp.tools"`;
}

/** Where no token is sent. */
function challengeBecomes(challenge: string): Interceptor {
  return answersAt("/mcp", (answer, { headers }) =>
    headers.authorization
      ? answer
      : { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } },
  );
}

/** Answers in the gateway's place whoever presents a JSON Web Token. */
function forEntraTokens(answer: Partial<PassingAnswer>): Interceptor {
  return async (request, forward) =>
    /^Bearer eyJ/.test(request.headers.authorization ?? "") && !hasAccessToken(request)
      ? { status: 200, headers: {}, body: "", ...answer }
      : forward(request);
}
