import { uuidOf } from "../terraform/uuid.ts";

/** Microsoft Graph's application ID, the same in every tenant. */
export const GRAPH_CLIENT_ID = "00000003-0000-0000-c000-000000000000";

/** IDs of the delegated permissions asked for here, the same in every tenant. */
export const GRAPH_SCOPE_IDS = {
  openid: "37f7f235-527c-4136-accd-4a02d197296e",
  profile: "14dad69e-099b-42c9-810b-d002981feec1",
  email: "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
  offline_access: "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
  "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4688d",
} as const;

/** Everyone who deploys. */
export interface Deployers {
  readonly objectIds: readonly string[];
  /** Whether the settings name them; else it is whoever deploys at the time. */
  readonly named: boolean;
}

/**
 * Who owns a service principal. The provider takes it from whoever made it unless told, and then nobody without a directory role could
 * change or delete it. Without names it stays with whoever deployed first.
 */
export function ownedBy({ objectIds, named }: Deployers) {
  return { owners: [...objectIds], ...(named ? {} : { lifecycle: { ignoreChanges: ["owners"] } }) };
}

/** Terraform's names have no dots or slashes. A value with anything but dots gets a hash as well. */
export function logicalName(value: string): string {
  const name = value.replace(/[^A-Za-z0-9_-]/g, "_");
  return /^[A-Za-z0-9.-]+$/.test(value) ? name : `${name}_${uuidOf(value).slice(0, 8)}`;
}
