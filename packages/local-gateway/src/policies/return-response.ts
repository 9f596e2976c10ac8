import { MessageBody } from "../expressions/context/body.ts";
import { HttpResponse } from "../expressions/context/messages.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { compileSetBody, forgetOldBody } from "./set-body.ts";
import { compileSetHeader } from "./set-header.ts";
import { compileSetStatus } from "./set-status.ts";
import { AttributeReader, onlyChild } from "./values.ts";

/** Ends the pipeline with a response of its own, made anew or from a variable. */
export const returnResponse: PolicyElement = {
  name: "return-response",
  sections: EVERYWHERE,
  attributes: { "response-variable-name": false },
  children: ["set-status", "set-header", "set-body"],
  compile: (node, compiler) => {
    const variable = new AttributeReader(node, compiler).constantText("response-variable-name", undefined);
    const status = onlyChild(node, "set-status", compiler);
    const body = onlyChild(node, "set-body", compiler);
    const setStatus = status && compileSetStatus(status, compiler);
    const setHeaders = node.children
      .filter((child) => child.name === "set-header")
      .map((child) => compileSetHeader(child, compiler));
    const makeBody = body && compileSetBody(body, compiler);
    return {
      run: async (exchange) => {
        const response = variable === undefined ? empty() : await fromVariable(exchange, variable);
        await setStatus?.(exchange, response);
        for (const setHeader of setHeaders) await setHeader(exchange, response.headers);
        if (makeBody) {
          response.body = (await makeBody(exchange)) ?? new MessageBody(new Uint8Array());
          forgetOldBody(response.headers);
        }
        if (exchange.context.response !== response) exchange.context.response?.body.discard();
        exchange.context.response = response;
        return "stop" as const;
      },
    };
  },
};

function empty(): HttpResponse {
  return new HttpResponse(200, "OK", new MessageBody(new Uint8Array()));
}

async function fromVariable({ context }: Exchange, name: string): Promise<HttpResponse> {
  const value = context.variables.find(name);
  if (!(value instanceof HttpResponse)) throw new Error(`the variable "${name}" holds no response`);
  return new HttpResponse(value.statusCode, value.statusReason, value.body, value.headers.copy());
}
