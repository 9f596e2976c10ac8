import * as z from "zod";

const VAULT_ID =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w().-]{1,90}\/providers\/Microsoft\.KeyVault\/vaults\/[a-zA-Z][a-zA-Z0-9-]{2,23}$/;

/** Fields of the connection, of the message, of MCP, of the gateway, of traces, and those that clients' own values pass in. */
const FORBIDDEN = new RegExp(
  [
    "^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|via)$",
    "^(content-.*|accept.*|if-.*|range|last-event-id|user-agent|origin|referer|date)$",
    "^(cookie2?|set-cookie2?|forwarded|x-forwarded-.*|x-correlation-id)$",
    "^(traceparent|tracestate|baggage|request-id|correlation-context)$",
    "^(mcp|x-gateway|sec)-",
  ].join("|"),
  "i",
);

const secret = z.strictObject({
  /** Resource ID of a vault that takes Azure roles, not access policies: "/subscriptions/…/vaults/<name>". */
  keyVault: z.string().regex(VAULT_ID, 'is not a vault\'s resource ID ("/subscriptions/…/vaults/<name>")'),
  /** Name of the secret; its newest version counts, within four hours of a change. */
  secret: z.string().regex(/^[0-9A-Za-z-]{1,127}$/, "is not 1 to 127 letters, digits and -"),
});

/**
 * Header fields with which the gateway proves itself to a server that offers nothing better than a key, by their names. Each value
 * is a secret in Key Vault, which API Management reads; it is never in the configuration. `Authorization` may be one of the fields
 * where `identity` is "none"; the secret is then the whole value ("Bearer …", "Basic …").
 */
export const backendHeaders = z
  .record(z.string(), secret)
  .default({})
  .superRefine((headers, context) => {
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    for (const [index, name] of Object.keys(headers).entries()) {
      const message = nameFault(name) ?? (names.indexOf(name.toLowerCase()) === index ? undefined : TWICE);
      if (message) context.addIssue({ code: "custom", path: [name], message });
    }
    if (names.length > MOST_HEADERS)
      context.addIssue({
        code: "custom",
        message: `has ${names.length} fields; ${MOST_HEADERS} are allowed`,
      });
  });

const MOST_HEADERS = 5;
const TWICE = "stands twice; upper and lower case are the same";

/** RFC 9110 §5.1, as far as API Management takes it in the name of a named value, which has 80 characters at most. */
function nameFault(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,39}$/.test(name))
    return "is not 1 to 40 letters, digits and -, beginning with a letter";
  return FORBIDDEN.test(name)
    ? "is a field that HTTP, MCP, the client or the gateway itself sets"
    : undefined;
}

/** Where a secret is. */
export type SecretReference = z.output<typeof secret>;
