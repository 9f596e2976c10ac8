import type { ElementNode } from "../document/nodes.ts";
import { MessageBody } from "../expressions/context/body.ts";
import type { HttpHeaders } from "../expressions/context/headers.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { currentResponse } from "./current-response.ts";
import { EVERYWHERE, type PolicyCompiler, type PolicyElement } from "./element.ts";
import { anyContent } from "./values.ts";

/** Makes the body of a message; null when the expression gives null. */
export type BodyMaker = (exchange: Exchange) => MessageBody | null;

/** Compiles `<set-body>` for the message that contains it. */
export function compileSetBody(node: ElementNode, compiler: PolicyCompiler): BodyMaker {
  const content = anyContent(node, compiler);
  return (exchange) => {
    const value = content(exchange);
    if (value === null) return null;
    if (typeof value === "string") return MessageBody.of(value);
    if (value instanceof Uint8Array) return new MessageBody(value);
    throw new Error("<set-body> needs a string or byte[]; call ToString() on other values");
  };
}

/** What no longer holds of a message whose body was replaced. */
export function forgetOldBody(headers: HttpHeaders): void {
  for (const name of ["content-length", "content-encoding", "transfer-encoding"]) headers.remove(name);
}

/** Replaces the body of the request, or of the response in outbound and on-error. */
export const setBody: PolicyElement = {
  name: "set-body",
  sections: EVERYWHERE,
  attributes: {},
  children: {},
  compile: (node, compiler) => {
    const make = compileSetBody(node, compiler);
    const { changesResponse } = compiler;
    return {
      run: (exchange) => {
        const body = make(exchange);
        const message = changesResponse ? currentResponse(exchange) : exchange.context.request;
        message.body?.discard();
        forgetOldBody(message.headers);
        if (changesResponse) currentResponse(exchange).body = body ?? new MessageBody(new Uint8Array());
        else exchange.context.request.body = body;
      },
    };
  },
};
