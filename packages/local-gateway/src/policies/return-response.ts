import { MessageBody } from "../expressions/context/body.ts";
import { HttpResponse } from "../expressions/context/messages.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { compileSetBody, forgetOldBody, setBody } from "./set-body.ts";
import { compileSetHeader, setHeader } from "./set-header.ts";
import { compileSetStatus, setStatus } from "./set-status.ts";
import { AttributeReader, onlyChild } from "./values.ts";

/** Ends the pipeline with a new response, or with one from a variable. */
export const returnResponse: PolicyElement = {
  name: "return-response",
  sections: EVERYWHERE,
  attributes: { "response-variable-name": false },
  children: { "set-status": setStatus, "set-header": setHeader, "set-body": setBody },
  compile: (node, compiler) => {
    const variable = new AttributeReader(node, compiler).constantText("response-variable-name", undefined);
    const status = onlyChild(node, "set-status", compiler);
    const body = onlyChild(node, "set-body", compiler);
    const editStatus = status && compileSetStatus(status, compiler);
    const editHeaders = node.children
      .filter((child) => child.name === "set-header")
      .map((child) => compileSetHeader(child, compiler));
    const makeBody = body && compileSetBody(body, compiler);
    return {
      run: (exchange) => {
        const response = variable === undefined ? empty() : fromVariable(exchange, variable);
        editStatus?.(exchange, response);
        for (const edit of editHeaders) edit(exchange, response.headers);
        if (makeBody) {
          response.body = makeBody(exchange) ?? new MessageBody(new Uint8Array());
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

function fromVariable({ context }: Exchange, name: string): HttpResponse {
  const value = context.variables.find(name);
  if (!(value instanceof HttpResponse)) throw new Error(`the variable "${name}" holds no response`);
  return new HttpResponse(value.statusCode, value.statusReason, value.body, value.headers.copy());
}
