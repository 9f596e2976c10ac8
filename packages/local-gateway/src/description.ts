/**
 * What a gateway serves: its APIs with their operations, and the fragments and named values that their policies use. Policy files are
 * named relative to the policies folder.
 */

/** A policy document: a file, or the document itself with a name for messages. */
export type PolicySource = string | { readonly name: string; readonly xml: string };

/** One operation of an API: a method and a URL template below the API's path. */
export interface OperationDescription {
  /** Resource name; `context.Operation.Id`. */
  readonly name: string;
  /** `context.Operation.Name`. */
  readonly displayName: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD";
  /** Starts with a slash; `{name}` stands for one segment. */
  readonly urlTemplate: string;
  /** Policy of the operation scope, if it has one. */
  readonly policy?: PolicySource;
}

/** One API: operations below one path that share a backend and policies. */
export interface ApiDescription {
  /** Resource name; `context.Api.Id`. */
  readonly name: string;
  /** `context.Api.Name`. */
  readonly displayName: string;
  /** Path below the gateway's origin, without slashes at its ends; "" for the root. */
  readonly path: string;
  /** Base URL of the backend, unless a policy sets another. */
  readonly serviceUrl: string;
  /** Policy of the API scope. */
  readonly policy: string;
  readonly operations: readonly OperationDescription[];
}

/** A policy fragment. */
export interface FragmentDescription {
  /** What `<include-fragment fragment-id="…"/>` names. */
  readonly id: string;
  readonly policy: PolicySource;
}

/** A named value: a text that policies use by its name. */
export interface NamedValueDescription {
  /** What `{{…}}` names. */
  readonly name: string;
  /** At most 4096 characters. */
  readonly value: string;
  /** No log line or message of an error shows the value of a secret; false when left out. */
  readonly secret?: boolean;
}

/** Everything that a gateway serves. */
export interface GatewayDescription {
  /** Where clients find the gateway; what `context.Request.OriginalUrl` begins with. */
  readonly origin: string;
  readonly apis: readonly ApiDescription[];
  readonly fragments: readonly FragmentDescription[];
  readonly namedValues: readonly NamedValueDescription[];
}
