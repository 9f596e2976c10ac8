import { readMcpUrl } from "../../visit.ts";
import type { Patient } from "../breakable-gateway.ts";
import { answersAt, insteadAt, type Spoil, withoutHeaders } from "../tampering-proxy.ts";
import { RESOURCE_METADATA, type Sickness } from "./gateway-fault.ts";

/** What may be wrong with challenges, CORS and the gateway itself. */
export const sickGateways: readonly Sickness[] = [
  {
    is: "a challenge without resource_metadata",
    spoil: () => challengeBecomes('Bearer scope="mcp.tools"'),
    finds: ["challenge: challenge-without-metadata"],
  },
  {
    is: "a challenge with an error although no token was sent",
    spoil: (patient) => challengeBecomes(`Bearer error="invalid_token", ${goodChallenge(patient)}`),
    finds: ["challenge: challenge-error-without-token"],
  },
  {
    is: "the backend's own challenge",
    spoil: (patient) =>
      challengeBecomes(
        `Bearer authorization_uri="https://login.microsoftonline.com/x", ${goodChallenge(patient)}`,
      ),
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
    is: "no TLS",
    visit: () => readMcpUrl("http://mcp.brightwater.example/mcp"),
    finds: ["connection: plain-http"],
  },
];

function goodChallenge({ twin }: Patient): string {
  return `resource_metadata="${twin.origin}${RESOURCE_METADATA}", scope="mcp.tools"`;
}

/** Where no token is sent. */
function challengeBecomes(challenge: string): Spoil {
  return answersAt("/mcp", (answer, { headers }) =>
    headers.authorization
      ? answer
      : { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } },
  );
}
