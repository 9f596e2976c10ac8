import * as z from "zod";
import { seconds } from "./lifetimes.ts";
import { entraId } from "./rules/entra-id.ts";
import { appRole, scopeName } from "./values.ts";

/** Printable ASCII without blanks at the ends; braces begin a named value of API Management. */
const pattern = z
  .string()
  .max(200)
  .regex(
    /^(?! )[ -z|~]+(?<! )$/,
    "is 1 to 200 printable ASCII characters, without braces and without blanks at the ends",
  );

/** The rules reach the gateway in a policy, where two braces would begin a named value. */
const roleOfRule = appRole.regex(/^[^{}]*$/, "has braces, which a rule cannot hold");

const needs = {
  /**
   * The access token needs all of these scopes; the client can ask for those that it lacks. The consent page shows the pattern below
   * each optional one of them.
   */
  scopes: z.array(scopeName).max(20).default([]),
  /**
   * The person needs one of these app roles, or one of the groups, at the application where `access` asks for them. Refusals call
   * them by their `access.titles`.
   */
  roles: z.array(roleOfRule).max(20).default([]),
  /** Object IDs. The groups have to be assigned to that application in Entra. */
  groups: z.array(entraId).max(50).default([]),
  /** Nobody may use it, whatever other rules say. */
  deny: z.boolean().default(false),
  /** How often each person may use what the rule matches, all of it together. The Consumption tier has no rate limits. */
  rate: z
    .strictObject({
      calls: z.int().min(1).max(1_000_000),
      /** Seconds; API Management allows 300 at most. */
      period: seconds(1, 300),
    })
    .optional(),
};

/** In a pattern, `*` stands for any characters, also none. Upper and lower case are the same. */
const nameRule = z.strictObject({ name: pattern, ...needs });
const uriRule = z
  .strictObject({ uri: pattern, ...needs })
  .transform(({ uri, ...rest }) => ({ name: uri, ...rest }));

function rulesOf<Rule extends z.ZodType>(rule: Rule) {
  return z.strictObject({
    /** Whether people may use what no rule matches. */
    default: z.enum(["allow", "deny"]).default("allow"),
    /**
     * Takes what the caller can never use out of the server's lists. What a further scope would open stays in them, so that a
     * client can ask for the scope.
     */
    hide: z.boolean().default(false),
    /** All rules hold whose pattern matches. The doctor names those that match nothing which the server lists. */
    rules: z.array(rule).max(100).default([]),
  });
}

const rulesOfNames = rulesOf(nameRule);

/** Who may use which tools, prompts and resources of an MCP server. Where none is set, everything is allowed. */
export const accessRules = {
  tools: rulesOfNames.optional(),
  prompts: rulesOfNames.optional(),
  /** By their URIs, as clients send them and percent-decoded once. Templates are no URIs: a rule is about what they expand to. */
  resources: rulesOf(uriRule).optional(),
};

/** The same as the rest of a deployment takes them: what a rule matches is its `name`, also for resources. */
export const resolvedRulesSchema = z.object({
  tools: rulesOfNames.optional(),
  prompts: rulesOfNames.optional(),
  resources: rulesOfNames.optional(),
});

export type AccessRule = z.output<typeof nameRule>;
export type AccessRules = z.output<typeof rulesOfNames>;
/** By what they are for. */
export type RulesByKind = z.output<typeof resolvedRulesSchema>;
export const RULE_KINDS = ["tools", "prompts", "resources"] as const satisfies (keyof RulesByKind)[];
