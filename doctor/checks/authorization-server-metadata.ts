import { type Check, findingsOf } from "../check.ts";
import { deploy, provision } from "../commands.ts";
import { type Document, documentCatalogue, readDocument, strayAddresses } from "../documents.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { connection } from "./connection.ts";
import { strings } from "./protected-resource-metadata.ts";

const WELL_KNOWN = "/.well-known/oauth-authorization-server";
const ENDPOINTS = {
  authorization_endpoint: "/authorize",
  token_endpoint: "/token",
  registration_endpoint: "/register",
} as const;

const catalogue = {
  ...documentCatalogue,
  "issuer-mismatch": {
    level: "error",
    means: "`issuer` is not the gateway's origin to the letter (a slash at its end is enough)",
    why: "Clients compare it with the address they asked (RFC 8414 §3.3) and tokens carry it; a differing letter ends the sign-in.",
  },
  "endpoint-missing": {
    level: "error",
    means: "The document does not name an endpoint that clients need",
    why: "Clients cannot register, sign in or get a token.",
  },
  "endpoint-elsewhere": {
    level: "warning",
    means: "An endpoint is not at /authorize, /token or /register",
    why: "Claude falls back to exactly these paths when discovery fails.",
  },
  "jwks-missing": {
    level: "error",
    means: "`jwks_uri` is missing",
    why: "Nobody who follows the document can check a token; API Management's validate-jwt is among them.",
  },
  "pkce-missing": {
    level: "error",
    means: "`code_challenge_methods_supported` does not hold S256",
    why: "MCP clients must refuse an authorization server that does not offer PKCE.",
  },
  "public-clients-missing": {
    level: "error",
    means: "`token_endpoint_auth_methods_supported` does not hold none",
    why: "Clients that keep no secret, as all desktop clients, take it that they are not welcome.",
  },
  "iss-parameter-missing": {
    level: "warning",
    means: "`authorization_response_iss_parameter_supported` is not true",
    why: "Clients cannot tell this server's answers from another's (RFC 9207).",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

export interface AuthorizationServer {
  readonly document: Document;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly registrationEndpoint: string;
  readonly revocationEndpoint: string | undefined;
  readonly jwksUri: string | undefined;
}

/** The authorization server's metadata (RFC 8414). */
export const authorizationServerMetadata: Check<AuthorizationServer> = {
  name: "authorization-server-metadata",
  title: "Authorization server metadata",
  needs: [connection],
  catalogue,
  async examine(_, visit) {
    const read = await readDocument(visit, `${visit.origin}${WELL_KNOWN}`);
    if ("finding" in read) return { findings: [read.finding] };
    const { document } = read;
    const addresses = ["issuer", ...Object.keys(ENDPOINTS), "revocation_endpoint", "jwks_uri"];
    const stray = strayAddresses(visit, document, addresses);
    const findings = [
      ...stray,
      ...(stray.length > 0 ? [] : issuerFindings(visit, document)),
      ...endpointFindings(visit, document),
      ...capabilityFindings(visit, document),
    ];
    const result = endpoints(visit, document);
    return { findings, fine: `issuer ${visit.origin}`, ...(result ? { result } : {}) };
  },
};

function issuerFindings(visit: Visit, document: Document): Finding[] {
  const { issuer } = document.members;
  if (issuer === visit.origin) return [];
  const slash = issuer === `${visit.origin}/` ? "; the slash at its end is one letter too many" : "";
  return [
    find("issuer-mismatch", {
      what: `issuer is ${quote(issuer)}, it has to be ${quote(visit.origin)}${slash}.`,
      mend: ["The app's setting GATEWAY carries the issuer; it comes from the deployment:", provision(visit)],
    }),
  ];
}

function endpointFindings(visit: Visit, { members }: Document): Finding[] {
  const missing = Object.keys(ENDPOINTS).filter((name) => typeof members[name] !== "string");
  const elsewhere = Object.entries(ENDPOINTS).filter(([name, path]) => {
    const url = URL.parse(String(members[name]));
    return url?.origin === visit.origin && url.pathname !== path;
  });
  return [
    ...missing.map((name) =>
      find("endpoint-missing", { what: `${name} is missing.`, mend: [deploy(visit)] }),
    ),
    ...elsewhere.map(([name, path]) =>
      find("endpoint-elsewhere", {
        what: `${name} is ${quote(members[name])}, clients fall back to ${path}.`,
        mend: [deploy(visit)],
      }),
    ),
    ...(typeof members["jwks_uri"] === "string"
      ? []
      : [find("jwks-missing", { what: "jwks_uri is missing.", mend: [deploy(visit)] })]),
  ];
}

function capabilityFindings(visit: Visit, { members }: Document): Finding[] {
  const lacks = (name: string, value: string) => !strings(members[name]).includes(value);
  const seen = (name: string) => ({ what: `${name} is ${quote(members[name])}.`, mend: [deploy(visit)] });
  return [
    ...(lacks("code_challenge_methods_supported", "S256")
      ? [find("pkce-missing", seen("code_challenge_methods_supported"))]
      : []),
    ...(lacks("token_endpoint_auth_methods_supported", "none")
      ? [find("public-clients-missing", seen("token_endpoint_auth_methods_supported"))]
      : []),
    ...(members["authorization_response_iss_parameter_supported"] === true
      ? []
      : [find("iss-parameter-missing", seen("authorization_response_iss_parameter_supported"))]),
  ];
}

/** Only what is at the gateway itself: the doctor asks nobody else in the gateway's place. */
function endpoints(visit: Visit, document: Document): AuthorizationServer | undefined {
  const text = (name: string) => {
    const value = document.members[name];
    return typeof value === "string" && URL.parse(value)?.origin === visit.origin ? value : undefined;
  };
  const authorizationEndpoint = text("authorization_endpoint");
  const tokenEndpoint = text("token_endpoint");
  const registrationEndpoint = text("registration_endpoint");
  if (!authorizationEndpoint || !tokenEndpoint || !registrationEndpoint) return undefined;
  return {
    document,
    authorizationEndpoint,
    tokenEndpoint,
    registrationEndpoint,
    revocationEndpoint: text("revocation_endpoint"),
    jwksUri: text("jwks_uri"),
  };
}
