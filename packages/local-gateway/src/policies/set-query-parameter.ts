import { type PolicyElement, TEXT } from "./element.ts";
import { AttributeReader, textContent } from "./values.ts";

/** Sets a parameter of the query that goes to the backend. */
export const setQueryParameter: PolicyElement = {
  name: "set-query-parameter",
  sections: ["inbound", "backend"],
  attributes: { name: true, "exists-action": false },
  children: { value: TEXT },
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const name = reader.text("name", "");
    const action = reader.choice("exists-action", ["override", "skip", "append", "delete"], "override");
    const values = node.children.map((child) => textContent(child, compiler));
    return {
      run: (exchange) => {
        const parameter = name(exchange);
        const what = action(exchange);
        if (what === "delete" && exchange.queryString === "") return;
        const query = new URLSearchParams(exchange.queryString);
        if (what === "skip" && query.has(parameter)) return;
        if (what === "override" || what === "delete") query.delete(parameter);
        if (what !== "delete") for (const value of values) query.append(parameter, value(exchange));
        exchange.setQueryString(query.size > 0 ? `?${query}` : "");
      },
    };
  },
};
