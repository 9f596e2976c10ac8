import { STATUS_CODES } from "node:http";
import type { ElementNode } from "../document/nodes.ts";
import type { HttpResponse } from "../expressions/context/messages.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { currentResponse } from "./current-response.ts";
import type { PolicyCompiler, PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** A change to a response's status line. */
export type StatusEdit = (exchange: Exchange, response: HttpResponse) => void;

/** Compiles `<set-status>` for the response that contains it. */
export function compileSetStatus(node: ElementNode, compiler: PolicyCompiler): StatusEdit {
  const reader = new AttributeReader(node, compiler);
  const code = reader.int("code", 200, (value) =>
    value >= 100 && value <= 599 ? undefined : `is ${value}; a status is 100 to 599`,
  );
  const reason = reader.text("reason", undefined);
  return (exchange, response) => {
    response.statusCode = code(exchange);
    response.statusReason = reason(exchange) ?? STATUS_CODES[response.statusCode] ?? "";
  };
}

/** Sets the status of the response. */
export const setStatus: PolicyElement = {
  name: "set-status",
  sections: ["backend", "outbound", "on-error"],
  attributes: { code: true, reason: false },
  children: {},
  compile: (node, compiler) => {
    const edit = compileSetStatus(node, compiler);
    return {
      run: (exchange) => {
        edit(exchange, currentResponse(exchange));
      },
    };
  },
};
