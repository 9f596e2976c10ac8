import { PolicyFailure } from "../errors.ts";
import type { PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Longest renewal period that API Management allows, in seconds. */
const LONGEST_PERIOD = 300;

const positive = (value: number) => (value > 0 ? undefined : `is ${value}; it has to be at least 1`);
const period = (value: number) =>
  value > 0 && value <= LONGEST_PERIOD
    ? undefined
    : `is ${value}; it has to be 1 to ${LONGEST_PERIOD} seconds`;

/** Answers 429 when a key was counted too often within a sliding window. */
export const rateLimitByKey: PolicyElement = {
  name: "rate-limit-by-key",
  sections: ["inbound"],
  attributes: {
    calls: true,
    "renewal-period": true,
    "counter-key": true,
    "increment-condition": false,
    "increment-count": false,
    "retry-after-header-name": false,
    "retry-after-variable-name": false,
    "remaining-calls-header-name": false,
    "remaining-calls-variable-name": false,
    "total-calls-header-name": false,
  },
  children: {},
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const calls = reader.int("calls", 0, positive);
    const renewalPeriod = reader.int("renewal-period", 0, period);
    const counterKey = reader.text("counter-key", "");
    const hasCondition = reader.has("increment-condition");
    const condition = reader.bool("increment-condition", true);
    const increment = reader.int("increment-count", 1, positive);
    const retryHeader = reader.constantText("retry-after-header-name", "Retry-After");
    const retryVariable = reader.constantText("retry-after-variable-name", undefined);
    const remainingHeader = reader.constantText("remaining-calls-header-name", undefined);
    const remainingVariable = reader.constantText("remaining-calls-variable-name", undefined);
    const totalHeader = reader.constantText("total-calls-header-name", undefined);
    const { readsBody } = compiler;

    return {
      run: (exchange) => {
        const { rates } = exchange.services;
        const [limit, seconds, key] = [calls(exchange), renewalPeriod(exchange), counterKey(exchange)];
        const { used, renewsIn } = rates.state(key, seconds);
        const { variables } = exchange.context;
        if (used >= limit) {
          if (retryVariable !== undefined) variables.set(retryVariable, renewsIn);
          throw new PolicyFailure("RateLimitExceeded", "Rate limit is exceeded", {
            statusCode: 429,
            publicMessage: `Rate limit is exceeded. Try again in ${renewsIn} seconds.`,
            headers: [[retryHeader, String(renewsIn)]],
          });
        }
        const count = () => rates.count(key, seconds, increment(exchange));
        // The condition may look at the response, so it is evaluated when that is there.
        if (hasCondition) {
          exchange.onResponse.push(async () => {
            if (readsBody) await exchange.bufferBodies();
            if (condition(exchange)) count();
          });
        } else count();
        const remaining = Math.max(0, limit - rates.state(key, seconds).used);
        if (remainingVariable !== undefined) variables.set(remainingVariable, remaining);
        exchange.onResponse.push((response) => {
          if (remainingHeader !== undefined) response.headers.set(remainingHeader, [String(remaining)]);
          if (totalHeader !== undefined) response.headers.set(totalHeader, [String(limit)]);
        });
      },
    };
  },
};
