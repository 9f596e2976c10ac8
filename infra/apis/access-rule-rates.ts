import { RULE_KINDS } from "../../config/access-rules.ts";
import type { ResolvedServer } from "../../config/resolve.ts";
import { rateName } from "./access-rules-data.ts";

/**
 * Writes the rate limits of a server's access rules. They count what `mcp-access-decision` says in `rated-calls`, after everything that could
 * refuse the request, so a refused call costs a person nothing.
 */
export function ratePolicies({ rules }: ResolvedServer): string[] {
  return RULE_KINDS.flatMap((kind) =>
    (rules[kind]?.rules ?? []).flatMap(({ rate }, index) =>
      rate ? [ratePolicy(rateName(kind, index), rate.calls, rate.period)] : [],
    ),
  );
}

/** A batch that holds more calls than the rate allows would pass the limit whole, because the limit looks at earlier calls only. */
function ratePolicy(name: string, calls: number, period: number): string {
  return `<choose>
  <when condition="@(((string)context.Variables["rated-calls"]).Split(' ').Contains("${name}"))">
    <set-variable name="calls-of-rule" value="@(((string)context.Variables["rated-calls"]).Split(' ').Count(rule => rule == "${name}"))" />
    <choose>
      <when condition="@((int)context.Variables["calls-of-rule"] > ${calls})">
        <set-variable name="refusal-status" value="@(429)" />
        <set-variable name="refusal-reason" value="Too Many Requests" />
        <set-variable name="refusal-code" value="@(-32003)" />
        <set-variable name="refusal-message" value="The batch has more calls than may be made in ${period} seconds" />
        <include-fragment fragment-id="mcp-refusal" />
      </when>
    </choose>
    <rate-limit-by-key calls="${calls}" renewal-period="${period}" increment-count="@((int)context.Variables["calls-of-rule"])"
      counter-key="@("rule:${name}:" + context.Variables["mcp-path"] + ":" + context.Variables["person"])" retry-after-variable-name="retry-after" />
  </when>
</choose>`;
}
