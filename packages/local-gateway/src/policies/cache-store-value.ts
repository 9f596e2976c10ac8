import { checkCachingType } from "./caching.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Stores a value in the cache; asynchronously, so a lookup right behind it may still miss. */
export const cacheStoreValue: PolicyElement = {
  name: "cache-store-value",
  sections: EVERYWHERE,
  attributes: { key: true, value: true, duration: true, "caching-type": false },
  children: {},
  compile: (node, compiler) => {
    checkCachingType(node, compiler);
    const reader = new AttributeReader(node, compiler);
    const key = reader.text("key", "");
    const value = reader.any("value", null);
    const duration = reader.int("duration", 0, (seconds) =>
      seconds > 0 ? undefined : `is ${seconds}; it has to be at least 1 second`,
    );
    return {
      run: (exchange) => {
        const { cache } = exchange.services;
        const stored = value(exchange);
        const [name, seconds] = [key(exchange), duration(exchange)];
        if (stored === null) throw new Error("null cannot be stored in the cache");
        setImmediate(() => cache.set(name, stored, seconds));
      },
    };
  },
};
