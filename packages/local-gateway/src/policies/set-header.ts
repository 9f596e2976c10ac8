import type { ElementNode } from "../document/nodes.ts";
import type { HttpHeaders } from "../expressions/context/headers.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { currentResponse } from "./current-response.ts";
import { EVERYWHERE, type PolicyCompiler, type PolicyElement, TEXT } from "./element.ts";
import { AttributeReader, textContent } from "./values.ts";

/** RFC 9110 §5.1. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** API Management refuses to change these, in any message. */
const OF_THE_CONNECTION = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"]);

/** A change to a message's header fields. */
export type HeaderEdit = (exchange: Exchange, headers: HttpHeaders) => void;

/** Compiles `<set-header>` for the message that contains it. */
export function compileSetHeader(node: ElementNode, compiler: PolicyCompiler): HeaderEdit {
  const reader = new AttributeReader(node, compiler);
  const name = reader.text("name", "");
  const action = reader.choice("exists-action", ["override", "skip", "append", "delete"], "override");
  const values = node.children.map((child) => textContent(child, compiler));
  return (exchange, headers) => {
    const field = name(exchange);
    if (!FIELD_NAME.test(field)) throw new Error(`"${field}" is not the name of a header field`);
    if (OF_THE_CONNECTION.has(field.toLowerCase()))
      throw new Error(`the header field ${field} is restricted from modification`);
    const what = action(exchange);
    if (what === "delete") {
      headers.remove(field);
      return;
    }
    if (what === "skip" && headers.has(field)) return;
    const given: string[] = [];
    for (const value of values) {
      const text: string | null = value(exchange);
      if (text === null) continue;
      if (/[\r\n\0]/.test(text))
        throw new Error(`the value of the header field ${field} has a line break in it`);
      given.push(text);
    }
    const lines = what === "append" ? [...headers.values(field), ...given] : given;
    if (lines.length > 0) headers.set(field, lines);
    else if (what === "override") headers.remove(field);
  };
}

/** Sets a header field of the request, or of the response in outbound and on-error. */
export const setHeader: PolicyElement = {
  name: "set-header",
  sections: EVERYWHERE,
  attributes: { name: true, "exists-action": false },
  children: { value: TEXT },
  compile: (node, compiler) => {
    const edit = compileSetHeader(node, compiler);
    const { changesResponse } = compiler;
    return {
      run: (exchange) => {
        const message = changesResponse ? currentResponse(exchange) : exchange.context.request;
        edit(exchange, message.headers);
      },
    };
  },
};
