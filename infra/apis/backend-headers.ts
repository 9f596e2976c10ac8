import type { SecretReference } from "../../config/backend-headers.ts";
import type { ServerConfig } from "../../config/servers.ts";

/** A header field with which the gateway proves itself to a backend. */
export interface BackendHeader {
  /** The named value that holds what is sent. */
  readonly namedValue: string;
  readonly secret: SecretReference;
  /** The policy that sets the field, whatever a client sent in it. */
  readonly policy: string;
}

/** @returns the header fields of one server's backend; none where it is an app of ours */
export function backendHeaders({ name, backend }: Pick<ServerConfig, "name" | "backend">): BackendHeader[] {
  if (!("url" in backend)) return [];
  return Object.entries(backend.headers).map(([field, secret]) => {
    const namedValue = `backend-${name}-${field.toLowerCase()}`;
    const value = `<value>{{${namedValue}}}</value>`;
    const policy = `<set-header name="${field}" exists-action="override">${value}</set-header>`;
    return { namedValue, secret, policy };
  });
}
