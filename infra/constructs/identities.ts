import { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import type { Construct } from "constructs";
import type { Identity, Place } from "./place.ts";

/** @returns a new identity, under which an app or the gateway reaches everything else */
export function userAssignedIdentity(scope: Construct, id: string, place: Place, kind: string): Identity {
  const { resourceGroupName, location, tags } = place;
  return new UserAssignedIdentity(scope, id, { name: place.name(kind), resourceGroupName, location, tags });
}
