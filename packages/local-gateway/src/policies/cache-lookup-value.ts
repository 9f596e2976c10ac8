import { checkCachingType } from "./caching.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Looks a value up in the cache. On a miss without a default no variable is made, as in API Management. */
export const cacheLookupValue: PolicyElement = {
  name: "cache-lookup-value",
  sections: EVERYWHERE,
  attributes: { key: true, "variable-name": true, "default-value": false, "caching-type": false },
  children: {},
  compile: (node, compiler) => {
    checkCachingType(node, compiler);
    const reader = new AttributeReader(node, compiler);
    const key = reader.text("key", "");
    const name = reader.constantText("variable-name", "");
    const hasDefault = reader.has("default-value");
    const fallback = reader.any("default-value", null);
    return {
      run: (exchange) => {
        const found = exchange.services.cache.get(key(exchange));
        if (found !== undefined) exchange.context.variables.set(name, found);
        else if (hasDefault) exchange.context.variables.set(name, fallback(exchange));
      },
    };
  },
};
