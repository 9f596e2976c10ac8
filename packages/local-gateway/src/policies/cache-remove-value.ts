import { checkCachingType } from "./caching.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Removes a value from the cache. */
export const cacheRemoveValue: PolicyElement = {
  name: "cache-remove-value",
  sections: EVERYWHERE,
  attributes: { key: true, "caching-type": false },
  children: {},
  compile: (node, compiler) => {
    checkCachingType(node, compiler);
    const key = new AttributeReader(node, compiler).text("key", "");
    return {
      run: (exchange) => {
        exchange.services.cache.delete(key(exchange));
      },
    };
  },
};
