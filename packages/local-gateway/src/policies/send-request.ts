import { PolicyFailure } from "../errors.ts";
import { HttpHeaders } from "../expressions/context/headers.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { send } from "../pipeline/http-client.ts";
import { BUFFERED_BODY_LIMIT } from "../pipeline/limits.ts";
import { authenticationManagedIdentity, compileManagedIdentity } from "./authentication-managed-identity.ts";
import { EVERYWHERE, type PolicyElement, TEXT } from "./element.ts";
import { compileSetBody, forgetOldBody, setBody } from "./set-body.ts";
import { compileSetHeader, setHeader } from "./set-header.ts";
import { compileSetMethod, setMethod } from "./set-method.ts";
import { AttributeReader, childText, onlyChild } from "./values.ts";

/** Seconds for the whole call. */
const DEFAULT_TIMEOUT = 60;

const positive = (value: number) => (value > 0 ? undefined : `is ${value}; it has to be at least 1`);

/** Calls another service and keeps its response in a variable; null when it failed and errors are ignored. */
export const sendRequest: PolicyElement = {
  name: "send-request",
  sections: EVERYWHERE,
  attributes: { mode: false, "response-variable-name": false, timeout: false, "ignore-error": false },
  children: {
    "set-url": TEXT,
    "set-method": setMethod,
    "set-header": setHeader,
    "set-body": setBody,
    "authentication-managed-identity": authenticationManagedIdentity,
  },
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const mode = reader.constantText("mode", "new");
    if (mode !== "new" && mode !== "copy")
      compiler.fail(reader.position("mode"), '"mode" can be new or copy');
    const variable = reader.constantText("response-variable-name", undefined);
    const timeout = reader.int("timeout", DEFAULT_TIMEOUT, positive);
    const ignoreError = reader.constantBool("ignore-error", false);
    const url = childText(node, "set-url", compiler);
    const [methodNode, bodyNode, identityNode] = [
      "set-method",
      "set-body",
      "authentication-managed-identity",
    ].map((name) => onlyChild(node, name, compiler));
    if (mode === "new" && !url)
      compiler.fail(node.position, "<send-request> needs <set-url> unless its mode is copy");
    const method = methodNode && compileSetMethod(methodNode, compiler);
    const editHeaders = node.children
      .filter((child) => child.name === "set-header")
      .map((child) => compileSetHeader(child, compiler));
    const makeBody = bodyNode && compileSetBody(bodyNode, compiler);
    const authenticate = identityNode && compileManagedIdentity(identityNode, compiler);

    const call = async (exchange: Exchange) => {
      const { request } = exchange.context;
      const copies = mode === "copy";
      const headers = copies ? request.headers.copy() : new HttpHeaders();
      const target = url ? url(exchange) : request.url.toText();
      if (!/^https?:\/\//.test(target) || !URL.canParse(target))
        throw new Error("<set-url> gives no http or https URL");
      let body = copies ? ((await request.body?.buffer(BUFFERED_BODY_LIMIT)) ?? null) : null;
      if (makeBody) {
        forgetOldBody(headers);
        body = makeBody(exchange)?.bytes ?? null;
      }
      for (const edit of editHeaders) edit(exchange, headers);
      await authenticate?.(exchange, headers);
      const timeoutMs = timeout(exchange) * 1000;
      const name = method ? method(exchange) : copies ? request.method : "GET";
      const signal = AbortSignal.any([exchange.signal, AbortSignal.timeout(timeoutMs)]);
      const response = await send({
        url: new URL(target),
        method: name,
        headers,
        body,
        timeoutMs,
        signal,
        followRedirects: false,
      });
      await response.body.buffer(BUFFERED_BODY_LIMIT).catch((cause: unknown) => {
        throw new PolicyFailure("BackendConnectionFailure", "The response did not arrive whole.", { cause });
      });
      return response;
    };

    return {
      run: async (exchange) => {
        const response = await call(exchange).catch((error: unknown) => {
          if (!ignoreError || exchange.signal.aborted || !isCallFailure(error)) throw error;
          return null;
        });
        if (variable !== undefined) exchange.context.variables.set(variable, response);
      },
    };
  },
};

/** Errors of the call itself can be ignored; errors of expressions can't. */
function isCallFailure(error: unknown): boolean {
  return !(error instanceof PolicyFailure) || error.reason !== "ExpressionValueEvaluationFailure";
}
