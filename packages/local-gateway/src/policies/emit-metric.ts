import { plainNumber } from "../expressions/types/numbers.ts";
import { placeText } from "../pipeline/services.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader, type Check } from "./values.ts";

/** Azure Monitor takes no more dimensions for a metric. */
const MOST_DIMENSIONS = 10;

const numeric: Check<unknown> = (value) =>
  numberOf(value) === undefined ? `is not a number: "${String(value)}"` : undefined;

/** Writes a value of a metric, with its dimensions, to the log. */
export const emitMetric: PolicyElement = {
  name: "emit-metric",
  sections: EVERYWHERE,
  attributes: { name: true, value: false, namespace: false },
  children: { dimension: { attributes: { name: true, value: true }, children: {} } },
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const name = reader.constantText("name", "");
    const namespace = reader.constantText("namespace", "API Management");
    const value = reader.any("value", 1, numeric);
    if (node.children.length === 0 || node.children.length > MOST_DIMENSIONS) {
      compiler.fail(
        node.position,
        `<emit-metric> has ${node.children.length} dimensions; 1 to ${MOST_DIMENSIONS} are allowed`,
      );
    }
    const dimensions = node.children.map((child) => {
      const attributes = new AttributeReader(child, compiler);
      return { name: attributes.text("name", ""), value: attributes.text("value", "") };
    });
    return {
      run: async (exchange) => {
        const given: Record<string, string> = {};
        for (const dimension of dimensions)
          given[await dimension.name(exchange)] = await dimension.value(exchange);
        exchange.services.log("info", {
          event: "metric",
          namespace,
          name,
          value: numberOf(await value(exchange)),
          dimensions: JSON.stringify(given),
          policy: placeText(node.position),
          requestId: exchange.context.requestId.value,
        });
      },
    };
  },
};

function numberOf(value: unknown): number | undefined {
  if (typeof value === "string")
    return value.trim() === "" || Number.isNaN(Number(value)) ? undefined : Number(value);
  const plain = plainNumber(value);
  return plain === undefined ? undefined : Number(plain);
}
