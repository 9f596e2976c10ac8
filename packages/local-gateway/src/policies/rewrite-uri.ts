import type { PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Changes path and query below the backend's base URL; `{name}` stands for a parameter of the operation's template. */
export const rewriteUri: PolicyElement = {
  name: "rewrite-uri",
  sections: ["inbound"],
  attributes: { template: true, "copy-unmatched-params": false },
  children: {},
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const template = reader.text("template", "");
    const copyUnmatched = reader.bool("copy-unmatched-params", true);
    const constant = node.attributes.get("template")?.value;
    if (constant?.kind === "literal" && !constant.excerpt.text.startsWith("/")) {
      compiler.fail(constant.position, '"template" has to start with a slash');
    }
    return {
      run: (exchange) => {
        const { matchedParameters } = exchange.context.request;
        const written = template(exchange);
        const filled = written.replace(/\{([^{}]+)\}/g, (_, name: string) => {
          if (!matchedParameters.has(name)) throw new Error(`the operation has no parameter "${name}"`);
          return encodeURIComponent(String(matchedParameters.get(name)));
        });
        const mark = filled.indexOf("?");
        const path = mark === -1 ? filled : filled.slice(0, mark);
        const own = mark === -1 ? "" : filled.slice(mark + 1);
        const copied = copyUnmatched(exchange) ? exchange.queryString.slice(1) : "";
        const query = [own, copied].filter((part) => part !== "").join("&");
        exchange.setTarget(path, query === "" ? "" : `?${query}`);
      },
    };
  },
};
