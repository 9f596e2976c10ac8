import type { ElementNode } from "../document/nodes.ts";
import type { HttpHeaders } from "../expressions/context/headers.ts";
import { type CorsPolicy, emptyOk } from "../pipeline/cors-policy.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { listOf, type PolicyCompiler, type PolicyElement, TEXT } from "./element.ts";
import { AttributeReader, childTexts, type Evaluated, onlyChild } from "./values.ts";

/** The methods that are allowed when none are listed. */
const DEFAULT_METHODS = ["GET", "POST"];

/** The texts that a child element lists, at least one; undefined without that child. */
function list(
  node: ElementNode,
  name: string,
  compiler: PolicyCompiler,
): readonly Evaluated<string>[] | undefined {
  const texts = childTexts(node, name, compiler);
  if (texts?.length === 0) compiler.fail(node.position, `<${name}> needs at least one entry`);
  return texts;
}

function all(values: readonly Evaluated<string>[], exchange: Exchange): string[] {
  return values.map((value) => value(exchange));
}

/** An origin in the form browsers send (RFC 6454 §6.2): no default port, no slash. */
function serializedOrigin(value: string): string {
  return URL.canParse(value) && /^https?:/i.test(value) ? new URL(value).origin : value;
}

/** Cross-origin resource sharing. */
export const cors: PolicyElement = {
  name: "cors",
  sections: ["inbound"],
  attributes: { "allow-credentials": false, "terminate-unmatched-request": false },
  children: {
    "allowed-origins": listOf("origin"),
    "allowed-methods": {
      attributes: { "preflight-result-max-age": false },
      children: { method: TEXT },
    },
    "allowed-headers": listOf("header"),
    "expose-headers": listOf("header"),
  },
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const credentials = reader.bool("allow-credentials", false);
    const terminate = reader.bool("terminate-unmatched-request", true);
    const origins =
      list(node, "allowed-origins", compiler) ??
      compiler.fail(node.position, "<cors> needs <allowed-origins>");
    const methods = list(node, "allowed-methods", compiler) ?? DEFAULT_METHODS.map((method) => () => method);
    const headers = list(node, "allowed-headers", compiler) ?? [];
    const exposed = list(node, "expose-headers", compiler) ?? [];
    const methodsNode = onlyChild(node, "allowed-methods", compiler);
    const maxAge = methodsNode
      ? new AttributeReader(methodsNode, compiler).int("preflight-result-max-age", undefined, (value) =>
          value >= 0 ? undefined : `is ${value}; it cannot be negative`,
        )
      : () => undefined;
    const isWildcard = node.children
      .find((child) => child.name === "allowed-origins")
      ?.children.some((child) => child.text.excerpt.text.trim() === "*");
    if (isWildcard && origins.length > 1) compiler.fail(node.position, 'the origin "*" has to stand alone');

    const allows = (exchange: Exchange, origin: string): boolean => {
      const allowed = all(origins, exchange);
      return allowed.includes("*") || allowed.some((each) => serializedOrigin(each) === origin);
    };
    const allowOrigin = (exchange: Exchange, response: HttpHeaders, origin: string): void => {
      const any = all(origins, exchange).includes("*");
      response.set("Access-Control-Allow-Origin", [any ? "*" : origin]);
      if (!any && !response.values("vary").join(",").toLowerCase().includes("origin"))
        response.append("Vary", "Origin");
      if (credentials(exchange)) response.set("Access-Control-Allow-Credentials", ["true"]);
    };

    const policy: CorsPolicy = {
      allows,
      terminates: terminate,
      answer: (exchange, origin, method) => {
        const response = emptyOk();
        const allowedMethods = all(methods, exchange);
        if (!allowedMethods.includes("*") && !allowedMethods.some((each) => each.toUpperCase() === method))
          return response;
        allowOrigin(exchange, response.headers, origin);
        response.headers.set("Access-Control-Allow-Methods", [
          allowedMethods.includes("*") ? method : allowedMethods.join(","),
        ]);
        const asked = exchange.context.request.headers.text("access-control-request-headers");
        const allowedHeaders = all(headers, exchange);
        const given = allowedHeaders.includes("*") ? asked : allowedHeaders.join(",");
        if (given) response.headers.set("Access-Control-Allow-Headers", [given]);
        const age = maxAge(exchange);
        if (age !== undefined) response.headers.set("Access-Control-Max-Age", [String(age)]);
        return response;
      },
    };

    return {
      cors: policy,
      run: (exchange) => {
        const { request } = exchange.context;
        const origin = request.headers.text("origin");
        if (origin === undefined) return "next";
        if (allows(exchange, origin)) {
          exchange.onResponse.push((response) => {
            allowOrigin(exchange, response.headers, origin);
            const names = all(exposed, exchange);
            if (names.length > 0) response.headers.set("Access-Control-Expose-Headers", [names.join(",")]);
          });
          return "next";
        }
        // Only simple requests (GET and HEAD) are ended.
        if (!["GET", "HEAD"].includes(request.method) || !terminate(exchange)) return "next";
        exchange.context.response = emptyOk();
        return "stop";
      },
    };
  },
};
