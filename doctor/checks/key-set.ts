import { X509Certificate } from "node:crypto";
import { createLocalJWKSet, type JSONWebKeySet, type JWK } from "jose";
import { type Check, findingsOf } from "../check.ts";
import { deploy, readLog } from "../commands.ts";
import { documentCatalogue, readDocument } from "../documents.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";

const SHORTEST_MODULUS_BITS = 2048;

const catalogue = {
  ...documentCatalogue,
  "keys-empty": {
    level: "error",
    means: "The key set is empty",
    why: "No token can be checked, so every call to an MCP server is refused.",
  },
  "keys-private": {
    level: "error",
    means: "The key set gives a private or symmetric key away",
    why: "Anybody can make tokens for every user. Rotate the key at once.",
  },
  "keys-expired": {
    level: "error",
    means: "No key is valid any more",
    why: "Tokens are refused as soon as whoever checks them looks at the key's end.",
  },
  "keys-unusable": {
    level: "error",
    means: `No key is an RSA signing key of ${SHORTEST_MODULUS_BITS} bits or more with a \`kid\``,
    why: "API Management's validate-jwt takes RS256 and finds the key by its `kid`.",
  },
  "keys-repeated": {
    level: "error",
    means: "Two keys have the same `kid`",
    why: "Whoever checks a token may take the wrong one and refuse it.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

export type KeyFinder = ReturnType<typeof createLocalJWKSet>;

/** The public halves of the signing keys (RFC 7517 §5). */
export const keySet: Check<KeyFinder> = {
  name: "key-set",
  title: "Key set",
  needs: [authorizationServerMetadata],
  catalogue,
  async examine(given, visit) {
    const { jwksUri } = given(authorizationServerMetadata);
    if (!jwksUri) return { findings: [], notChecked: "the metadata names no jwks_uri" };
    const read = await readDocument(visit, jwksUri);
    if ("finding" in read) return { findings: [read.finding] };
    const keys = keysOf(read.document.members["keys"]);
    if (keys.length === 0) {
      const mend = [
        "The app finds no signing key; its identity may not read it:",
        ...readLog(visit),
        deploy(visit),
      ];
      return { findings: [find("keys-empty", { what: `${jwksUri} lists no key.`, mend })] };
    }
    const findings = keyFindings(visit, keys);
    if (findings.length > 0) return { findings };
    const set: JSONWebKeySet = { keys: [...keys] };
    return { findings, fine: keys.map((key) => quote(key.kid)).join(", "), result: createLocalJWKSet(set) };
  },
};

function keysOf(value: unknown): readonly JWK[] {
  return Array.isArray(value) ? value.filter((key) => typeof key === "object" && key !== null) : [];
}

const ROTATE = [
  'az keyvault key list --vault-name <vault> --query "[].{name:name, enabled:attributes.enabled, ends:attributes.expires}" --output table',
  "az keyvault key rotate --vault-name <vault> --name <signing key>",
];

function keyFindings(visit: Visit, keys: readonly JWK[]): Finding[] {
  const rotate = visit.local ? [deploy(visit)] : ROTATE;
  const seen = (some: readonly JWK[]) => some.map((key) => quote(key.kid)).join(", ");
  const secret = keys.filter((key) => key.d !== undefined || key.kty === "oct");
  if (secret.length > 0) {
    return [find("keys-private", { what: `${seen(secret)} has its private part.`, mend: rotate })];
  }
  const usable = keys.filter(isUsable);
  if (usable.length === 0) {
    return [find("keys-unusable", { what: `There is only ${seen(keys)}.`, mend: [deploy(visit)] })];
  }
  if (usable.every((key) => endOf(key) <= visit.now())) {
    return [find("keys-expired", { what: `${seen(usable)} has ended.`, mend: rotate })];
  }
  const repeated = keys.filter((key, index) => keys.findIndex((other) => other.kid === key.kid) !== index);
  if (repeated.length > 0) {
    return [find("keys-repeated", { what: `${seen(repeated)} stands twice.`, mend: [deploy(visit)] })];
  }
  return [];
}

function isUsable(key: JWK): boolean {
  const bits = Buffer.from(key.n ?? "", "base64url").length * 8;
  return key.kty === "RSA" && key.use !== "enc" && Boolean(key.kid) && bits >= SHORTEST_MODULUS_BITS;
}

/** Milliseconds since 1970: of `exp`, or of the certificate that comes with the key. */
function endOf(key: JWK): number {
  const { exp } = key as { readonly exp?: unknown };
  if (typeof exp === "number") return exp * 1000;
  const [certificate] = key.x5c ?? [];
  if (!certificate) return Number.POSITIVE_INFINITY;
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, "base64")).validTo);
  } catch {
    return 0;
  }
}
