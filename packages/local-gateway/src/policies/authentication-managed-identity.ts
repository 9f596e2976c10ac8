import type { ElementNode } from "../document/nodes.ts";
import { PolicyFailure } from "../errors.ts";
import type { HttpHeaders } from "../expressions/context/headers.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import type { PolicyCompiler, PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Compiles `<authentication-managed-identity>` for the request that contains it. */
export function compileManagedIdentity(
  node: ElementNode,
  compiler: PolicyCompiler,
): (exchange: Exchange, headers: HttpHeaders) => Promise<void> {
  const reader = new AttributeReader(node, compiler);
  const resource = reader.text("resource", "");
  const clientId = reader.text("client-id", undefined);
  const variable = reader.constantText("output-token-variable-name", undefined);
  const ignoreError = reader.constantBool("ignore-error", false);
  return async (exchange, headers) => {
    const [audience, client] = [resource(exchange), clientId(exchange)];
    const token = await exchange.services.identity.token(audience, client).catch((cause: unknown) => {
      if (ignoreError) return undefined;
      throw new PolicyFailure(
        "ManagedIdentityTokenFailure",
        "The managed identity's token could not be had.",
        { cause },
      );
    });
    if (token === undefined) return;
    if (variable === undefined) headers.set("Authorization", [`Bearer ${token}`]);
    else exchange.context.variables.set(variable, token);
  };
}

/** Authenticates to the backend as the gateway; puts its token in `Authorization`, or in a variable. */
export const authenticationManagedIdentity: PolicyElement = {
  name: "authentication-managed-identity",
  sections: ["inbound"],
  attributes: {
    resource: true,
    "client-id": false,
    "output-token-variable-name": false,
    "ignore-error": false,
  },
  children: {},
  compile: (node, compiler) => {
    const authenticate = compileManagedIdentity(node, compiler);
    return {
      run: async (exchange) => {
        await authenticate(exchange, exchange.context.request.headers);
      },
    };
  },
};
