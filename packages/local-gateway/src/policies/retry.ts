import { setTimeout as wait } from "node:timers/promises";
import { runSteps } from "../pipeline/step.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

const positive = (value: number) => (value > 0 ? undefined : `is ${value}; it has to be at least 1`);
const notNegative = (value: number) => (value >= 0 ? undefined : `is ${value}; it cannot be negative`);

/** Runs its policies, and again while a condition holds, at most `count` times more. */
export const retry: PolicyElement = {
  name: "retry",
  sections: EVERYWHERE,
  attributes: {
    condition: true,
    count: true,
    interval: true,
    delta: false,
    "max-interval": false,
    "first-fast-retry": false,
  },
  children: "policies",
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const condition = reader.bool("condition", false);
    const count = reader.int("count", 1, (value) =>
      value >= 1 && value <= 50 ? undefined : `is ${value}; it has to be 1 to 50`,
    );
    const interval = reader.int("interval", 0, notNegative);
    const delta = reader.int("delta", 0, positive);
    const longest = reader.int("max-interval", undefined, positive);
    const fast = reader.bool("first-fast-retry", false);
    const { readsBody } = compiler;
    const steps = compiler.steps(node.children);
    return {
      run: async (exchange) => {
        const times = count(exchange);
        for (let attempt = 1; ; attempt++) {
          if ((await runSteps(steps, exchange)) === "stop") return "stop";
          if (attempt > times) return "next";
          // Its policies may have brought a new response.
          if (readsBody) await exchange.bufferBodies();
          if (!condition(exchange)) return "next";
          const isFast = attempt === 1 && fast(exchange);
          const seconds = interval(exchange) + delta(exchange) * (attempt - 1);
          const most = longest(exchange) ?? seconds;
          const pause = isFast ? 0 : Math.min(seconds, most);
          if (pause > 0) await wait(pause * 1000, undefined, { signal: exchange.signal });
        }
      },
    };
  },
};
