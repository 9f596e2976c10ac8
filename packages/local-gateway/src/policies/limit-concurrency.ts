import { PolicyFailure } from "../errors.ts";
import { runSteps } from "../pipeline/step.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Lets at most `max-count` requests of a key into its policies at a time; the others get 429 at once. */
export const limitConcurrency: PolicyElement = {
  name: "limit-concurrency",
  sections: EVERYWHERE,
  attributes: { key: true, "max-count": true },
  children: "policies",
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const key = reader.text("key", "");
    const most = reader.int("max-count", 1, (value) =>
      value > 0 ? undefined : `is ${value}; it has to be at least 1`,
    );
    const steps = compiler.steps(node.children);
    return {
      run: async (exchange) => {
        const { concurrency } = exchange.services;
        const name = key(exchange);
        const limit = most(exchange);
        const running = concurrency.get(name) ?? 0;
        if (running >= limit) {
          throw new PolicyFailure("ConcurrencyLimitExceeded", "The concurrency limit is exceeded", {
            statusCode: 429,
            publicMessage: "Too many requests at a time.",
          });
        }
        concurrency.set(name, running + 1);
        try {
          return await runSteps(steps, exchange);
        } finally {
          const left = (concurrency.get(name) ?? 1) - 1;
          if (left > 0) concurrency.set(name, left);
          else concurrency.delete(name);
        }
      },
    };
  },
};
