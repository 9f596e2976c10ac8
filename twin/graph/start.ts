import { randomUUID } from "node:crypto";
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Component, LogSink } from "../component.ts";
import { type DemoUser, GRAPH_CLIENT_ID, GRAPH_URI } from "../entra/directory.ts";
import { json, type Received, type Reply, serveLoopback } from "../entra/loopback-server.ts";
import { GraphError } from "./graph-error.ts";
import { me } from "./me.ts";

export interface GraphOptions {
  /** 0, the default, for a free one. */
  readonly port?: number;
  /** Where the stand-in for Entra is, which issues the tokens; no slash at the end. */
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly users: readonly DemoUser[];
  readonly furtherTenants?: readonly { readonly tenantId: string; readonly users: readonly DemoUser[] }[];
  readonly log: LogSink;
}

export interface LocalGraph extends Component {
  /** Requests since the start, by method and path, such as `GET /v1.0/me`; those to other paths as `other`. */
  readonly requests: Readonly<Record<string, number>>;
}

const ME = "GET /v1.0/me";
const KEYS_TIMEOUT_MS = 5_000;

/**
 * Starts the stand-in for Microsoft Graph on loopback. It serves `GET /v1.0/me`.
 *
 * @throws Error when the port is in use
 */
export async function startGraph(options: GraphOptions): Promise<LocalGraph> {
  const authority = `${options.authorityHost}/${options.tenantId}`;
  const keys = createRemoteJWKSet(new URL(`${authority}/discovery/v2.0/keys`), {
    timeoutDuration: KEYS_TIMEOUT_MS,
  });
  const tenants: Tenants = new Map(
    [options, ...(options.furtherTenants ?? [])].map(({ tenantId, users }) => [
      `${options.authorityHost}/${tenantId}/`,
      users,
    ]),
  );
  const requests: Record<string, number> = { [ME]: 0, other: 0 };
  const server = await serveLoopback(
    options.port ?? 0,
    async (request) => {
      const operation = `${request.method} ${request.url.pathname}`;
      const known = operation === ME;
      requests[known ? ME : "other"] = (requests[known ? ME : "other"] ?? 0) + 1;
      const requestId = randomUUID();
      try {
        return withRequestId(await answer(request, keys, tenants), requestId);
      } catch (error) {
        if (!(error instanceof GraphError)) throw error;
        options.log({
          component: "graph",
          level: "warn",
          message: JSON.stringify({ event: "refused", operation, code: error.code }),
        });
        return withRequestId(json(error.status, error.body(requestId)), requestId);
      }
    },
    (error) =>
      options.log({
        component: "graph",
        level: "error",
        message: JSON.stringify({ event: "failed", error: error instanceof Error ? error.name : "unknown" }),
      }),
  );
  return { name: "graph", url: server.url, requests, stop: () => server.stop() };
}

/** The users of each tenant, by the issuer of its tokens. */
type Tenants = ReadonlyMap<string, readonly DemoUser[]>;

async function answer(request: Received, keys: JWTVerifyGetKey, tenants: Tenants): Promise<Reply> {
  const claims = await authenticate(request.headers.authorization, keys, [...tenants.keys()]);
  const [, version, segment, ...rest] = request.url.pathname.split("/");
  if (version !== "v1.0") throw new GraphError(400, "BadRequest", `Invalid version: ${version}.`);
  if (segment !== "me" || rest.length > 0) {
    throw new GraphError(
      400,
      "BadRequest",
      `Resource not found for the segment '${segment === "me" ? rest[0] : segment}'.`,
    );
  }
  const mayRead = typeof claims["scp"] === "string" && claims["scp"].split(" ").includes("User.Read");
  if (request.method !== "GET" || !mayRead) {
    throw new GraphError(
      403,
      "Authorization_RequestDenied",
      "Insufficient privileges to complete the operation.",
    );
  }
  const user = tenants.get(claims.iss ?? "")?.find((each) => each.oid === claims["oid"]);
  if (!user) throw new GraphError(404, "Request_ResourceNotFound", "Resource does not exist.");
  return json(200, me(user, request.url.searchParams.get("$select")));
}

/** @throws GraphError InvalidAuthenticationToken, with Graph's word for what is wrong */
async function authenticate(
  authorization: string | undefined,
  keys: JWTVerifyGetKey,
  issuer: string[],
): Promise<JWTPayload> {
  const refuse = (message: string) => new GraphError(401, "InvalidAuthenticationToken", message);
  const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
  if (!token) throw refuse("Access token is empty.");
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: [GRAPH_URI, GRAPH_CLIENT_ID],
      algorithms: ["RS256"],
      requiredClaims: ["exp", "oid"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw refuse("Lifetime validation failed, the token is expired.");
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
      throw refuse("Access token validation failure. Invalid audience.");
    }
    if (error instanceof errors.JWKSTimeout) throw error;
    if (error instanceof errors.JOSEError) throw refuse("Access token validation failure.");
    throw error;
  }
}

function withRequestId(reply: Reply, requestId: string): Reply {
  return { ...reply, headers: { ...reply.headers, "request-id": requestId } };
}
