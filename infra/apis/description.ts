import type { SecretReference } from "../../config/backend-headers.ts";

/**
 * What API Management serves, as data: the stack makes resources of it, the local gateway makes routes of it. The local gateway has its
 * own type for it, because neither may import the other; the twin passes one as the other, so TypeScript compares them.
 * Policy files are named relative to `policies/`.
 */

/** A policy document: a file, or the document itself with a name for messages. */
export type PolicySource = string | { readonly name: string; readonly xml: string };

/** One operation of an API: a method and a URL template below the API's path. */
export interface OperationDescription {
  /** Stable resource name. */
  readonly name: string;
  readonly displayName: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD";
  /** Starts with a slash; `{name}` stands for one segment. */
  readonly urlTemplate: string;
  /** Policy of the operation scope, if it has one. */
  readonly policy?: PolicySource;
}

export interface ApiDescription {
  /** Stable resource name, after its path; `context.Api.Id` and `context.Api.Name` in policies. */
  readonly name: string;
  readonly displayName: string;
  /** Path below the gateway's origin, without slashes at its ends; "" for the root. */
  readonly path: string;
  /** Base URL of the backend, unless a policy sets another. */
  readonly serviceUrl: string;
  /** Policy of the API scope. */
  readonly policy: string;
  readonly operations: readonly OperationDescription[];
}

export interface FragmentDescription {
  /** What `<include-fragment fragment-id="…"/>` names. */
  readonly id: string;
  readonly policy: PolicySource;
}

export interface NamedValueDescription {
  /** What `{{…}}` names. */
  readonly name: string;
  /** At most 4096 characters; never a secret. */
  readonly value: string;
}

/** A named value whose value API Management reads in Key Vault, with the gateway's identity. */
export interface SecretNamedValueDescription {
  readonly name: string;
  readonly secret: SecretReference;
}

export interface GatewayDescription {
  readonly origin: string;
  readonly apis: readonly ApiDescription[];
  readonly fragments: readonly FragmentDescription[];
  readonly namedValues: readonly NamedValueDescription[];
  readonly secretNamedValues: readonly SecretNamedValueDescription[];
}
