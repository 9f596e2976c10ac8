import type { ElementNode } from "../document/nodes.ts";
import { PolicyFailure } from "../errors.ts";
import { claimValues, type Jwt, parseJwt } from "../expressions/types/jwt-value.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { listOf, type PolicyCompiler, type PolicyElement, TEXT } from "./element.ts";
import { JwtRefusal } from "./jwt-refusal.ts";
import { type KeySource, verifySignature } from "./jwt-signature.ts";
import { AttributeReader, childTexts, type Evaluated, onlyChild, textContent } from "./values.ts";

interface RequiredClaim {
  readonly name: string;
  readonly matchesAll: boolean;
  readonly separator: string | undefined;
  readonly values: readonly Evaluated<string>[];
}

type Texts = readonly Evaluated<string>[];

function requiredClaims(node: ElementNode, compiler: PolicyCompiler): RequiredClaim[] {
  const found = onlyChild(node, "required-claims", compiler);
  if (!found) return [];
  return found.children.map((claim) => {
    const reader = new AttributeReader(claim, compiler);
    const match = reader.constantText("match", "all");
    if (match !== "all" && match !== "any")
      compiler.fail(reader.position("match"), '"match" can be all or any');
    return {
      name: reader.constantText("name", ""),
      matchesAll: match === "all",
      separator: reader.constantText("separator", undefined),
      values: claim.children.map((child) => textContent(child, compiler)),
    };
  });
}

function openIdUrls(node: ElementNode, compiler: PolicyCompiler): string[] {
  return node.children
    .filter((child) => child.name === "openid-config")
    .map((child) => {
      const reader = new AttributeReader(child, compiler);
      // Of concern only where policies are saved.
      reader.constantBool("validate-connectivity", true);
      const url = reader.constantText("url", "");
      if (!URL.canParse(url)) compiler.fail(reader.position("url"), '"url" is not a URL');
      return url;
    });
}

/** Keys written into the policy: an RSA modulus and exponent, or a Base64 secret. */
function writtenKeys(node: ElementNode, compiler: PolicyCompiler): KeySource["written"] {
  const found = onlyChild(node, "issuer-signing-keys", compiler);
  if (!found) return [];
  return found.children.map((child) => {
    const reader = new AttributeReader(child, compiler);
    const kid = reader.constantText("id", undefined);
    const [n, e] = [reader.constantText("n", undefined), reader.constantText("e", undefined)];
    if ((n === undefined) !== (e === undefined))
      compiler.fail(child.position, "<key> needs n and e together");
    if (n !== undefined && e !== undefined)
      return { jwk: { kty: "RSA", n, e, ...(kid === undefined ? {} : { kid }) } };
    const secret = textContent(child, compiler);
    return { kid, secret };
  });
}

/** Reads the token from where the policy says it is. */
function tokenReader(node: ElementNode, compiler: PolicyCompiler): Evaluated<string | undefined> {
  const reader = new AttributeReader(node, compiler);
  const sources = ["header-name", "query-parameter-name", "token-value"].filter((name) => reader.has(name));
  if (sources.length !== 1) {
    compiler.fail(
      node.position,
      "<validate-jwt> needs one of header-name, query-parameter-name and token-value",
    );
  }
  const header = reader.text("header-name", "");
  const query = reader.text("query-parameter-name", "");
  const value = reader.text("token-value", "");
  const scheme = reader.text("require-scheme", undefined);
  return (exchange) => {
    const { request } = exchange.context;
    if (sources[0] === "token-value") return value(exchange) || undefined;
    if (sources[0] === "query-parameter-name") {
      const found = request.originalUrl.query.find(query(exchange));
      return Array.isArray(found) ? String(found[0]) : undefined;
    }
    const field = request.headers.text(header(exchange))?.trim() ?? "";
    const [first = "", ...rest] = field.split(/ +/);
    const required = scheme(exchange);
    if (required !== undefined && (rest.length === 0 || first.toLowerCase() !== required.toLowerCase()))
      return undefined;
    return (rest.length > 0 ? rest.join(" ") : first) || undefined;
  };
}

function checkLifetime(jwt: Jwt, requiresExpiration: boolean, skew: number): void {
  const now = Date.now() / 1000;
  const { exp, nbf } = jwt.payload;
  // 1e999 is a number in JSON, and infinite.
  if (!Number.isFinite(exp) && (requiresExpiration || exp !== undefined)) {
    throw new JwtRefusal("JwtInvalid", "The token has no expiration time. Access denied.");
  }
  if (nbf !== undefined && !Number.isFinite(nbf))
    throw new JwtRefusal("JwtInvalid", "The token's nbf is no time. Access denied.");
  if (typeof nbf === "number" && nbf - skew > now)
    throw new JwtRefusal("JwtInvalid", "The token is not yet valid. Access denied.");
  if (typeof exp === "number" && exp + skew <= now)
    throw new JwtRefusal("TokenExpired", "The token is expired. Access denied.");
}

function checkClaim(jwt: Jwt, claim: RequiredClaim, expected: readonly string[]): void {
  const { separator } = claim;
  const whole = claimValues(jwt.payload[claim.name] ?? []);
  const present = separator === undefined ? whole : whole.flatMap((value) => value.split(separator));
  const fits = (value: string) => present.includes(value);
  if (expected.length === 0 || (claim.matchesAll ? expected.every(fits) : expected.some(fits))) return;
  throw new JwtRefusal(
    "TokenClaimValueNotAllowed",
    `Claim ${claim.name} value of ${whole.join(",")} is not allowed. Access denied.`,
  );
}

/** Checks a JSON Web Token: signature, lifetime, audience, issuer and claims, in that order. */
export const validateJwt: PolicyElement = {
  name: "validate-jwt",
  sections: ["inbound"],
  attributes: {
    "header-name": false,
    "query-parameter-name": false,
    "token-value": false,
    "failed-validation-httpcode": false,
    "failed-validation-error-message": false,
    "require-expiration-time": false,
    "require-scheme": false,
    "require-signed-tokens": false,
    "clock-skew": false,
    "output-token-variable-name": false,
  },
  children: {
    "openid-config": { attributes: { url: true, "validate-connectivity": false }, children: {} },
    "issuer-signing-keys": {
      attributes: {},
      children: { key: { attributes: { n: false, e: false }, children: {} } },
    },
    audiences: listOf("audience"),
    issuers: listOf("issuer"),
    "required-claims": {
      attributes: {},
      children: {
        claim: { attributes: { name: true, match: false, separator: false }, children: { value: TEXT } },
      },
    },
  },
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const readToken = tokenReader(node, compiler);
    const statusCode = reader.int("failed-validation-httpcode", 401);
    const message = reader.text("failed-validation-error-message", undefined);
    const requiresExpiration = reader.bool("require-expiration-time", true);
    const requiresSignature = reader.bool("require-signed-tokens", true);
    const clockSkew = reader.int("clock-skew", 0);
    const variable = reader.constantText("output-token-variable-name", undefined);
    const urls = openIdUrls(node, compiler);
    const written = writtenKeys(node, compiler);
    const audiences = childTexts(node, "audiences", compiler) ?? [];
    const issuers = childTexts(node, "issuers", compiler) ?? [];
    const claims = requiredClaims(node, compiler);

    const validate = async (exchange: Exchange): Promise<Jwt> => {
      const token = readToken(exchange);
      if (token === undefined) throw new JwtRefusal("TokenNotPresent", "JWT not present.");
      const jwt = parseJwt(token);
      if (!jwt) throw new JwtRefusal("JwtInvalid", "The token is not a well-formed JWT.");
      const knownIssuers = await verifySignature(
        token,
        jwt,
        { exchange, urls, written },
        requiresSignature(exchange),
      );
      checkLifetime(jwt, requiresExpiration(exchange), clockSkew(exchange));
      const evaluate = (values: Texts) => values.map((value) => value(exchange));
      const allowedAudiences = evaluate(audiences);
      if (
        allowedAudiences.length > 0 &&
        !jwt.audiences.some((audience) => allowedAudiences.includes(audience))
      ) {
        throw new JwtRefusal(
          "TokenAudienceNotAllowed",
          "The token's audience is not allowed. Access denied.",
        );
      }
      const allowedIssuers = issuers.length > 0 ? evaluate(issuers) : knownIssuers;
      if (allowedIssuers.length > 0 && !allowedIssuers.includes(jwt.text("iss") ?? "")) {
        throw new JwtRefusal("TokenIssuerNotAllowed", "The token's issuer is not allowed. Access denied.");
      }
      const missing = claims.filter((claim) => claimValues(jwt.payload[claim.name] ?? []).length === 0);
      if (missing.length > 0) {
        const names = missing.map((claim) => claim.name).join(", ");
        throw new JwtRefusal(
          "TokenClaimNotFound",
          `JWT token is missing the following claims: ${names}. Access denied.`,
        );
      }
      for (const claim of claims) checkClaim(jwt, claim, evaluate(claim.values));
      return jwt;
    };

    return {
      run: async (exchange) => {
        try {
          const jwt = await validate(exchange);
          if (variable !== undefined) exchange.context.variables.set(variable, jwt);
        } catch (error) {
          if (!(error instanceof JwtRefusal)) throw error;
          throw new PolicyFailure(error.reason, error.message, {
            statusCode: statusCode(exchange),
            publicMessage: message(exchange) ?? error.message,
          });
        }
      },
    };
  },
};
