import { placeText } from "../pipeline/services.ts";
import { EVERYWHERE, type PolicyElement, TEXT } from "./element.ts";
import { AttributeReader, childText } from "./values.ts";

const LEVELS = { verbose: "debug", information: "info", error: "error" } as const;
const LONGEST_MESSAGE = 1000;

/** Writes a message of the operator's own to the log. */
export const trace: PolicyElement = {
  name: "trace",
  sections: EVERYWHERE,
  attributes: { source: true, severity: false },
  children: {
    message: TEXT,
    metadata: { attributes: { name: true, value: true }, children: {} },
  },
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const source = reader.constantText("source", "");
    const severity = reader.constantText("severity", "verbose");
    if (!Object.hasOwn(LEVELS, severity)) {
      compiler.fail(reader.position("severity"), '"severity" can be verbose, information or error');
    }
    const level = LEVELS[severity as keyof typeof LEVELS];
    const message =
      childText(node, "message", compiler) ?? compiler.fail(node.position, "<trace> needs a <message>");
    const metadata = node.children
      .filter((child) => child.name === "metadata")
      .map((child) => {
        const attributes = new AttributeReader(child, compiler);
        return { name: attributes.constantText("name", ""), value: attributes.text("value", "") };
      });
    return {
      run: (exchange) => {
        const fields: Record<string, string> = {};
        for (const { name, value } of metadata) fields[name] = value(exchange);
        exchange.services.log(level, {
          ...fields,
          event: "trace",
          source,
          message: message(exchange).slice(0, LONGEST_MESSAGE),
          policy: placeText(node.position),
          requestId: exchange.context.requestId.value,
        });
      },
    };
  },
};
