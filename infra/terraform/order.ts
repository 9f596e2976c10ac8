import type { ITerraformDependable } from "cdktf";

/**
 * Makes resources one after the other. Several of them change one list of an Entra application: the
 * provider reads the list, changes it and writes it back. Entra may answer the next read from a
 * replica without the last change, so the next write would undo it.
 *
 * Terraform can order creations, and deletions, but not a deletion and a creation of two entries.
 *
 * @param make makes one resource, given what it has to wait for: the one before it
 */
export function inTurn<Value, Made extends ITerraformDependable>(
  values: readonly Value[],
  make: (value: Value, after: Made[]) => Made,
): Made[] {
  const made: Made[] = [];
  for (const value of values) made.push(make(value, made.slice(-1)));
  return made;
}

/**
 * For resources that other resources name in their text or lists. By default Terraform deletes a
 * removed resource before it changes what named it. API Management and Entra refuse to delete what is
 * still named, so every provisioning fails. With this rule Terraform deletes the resource last. It
 * reads the rule from the state, so a release before the removal must have set it. CONTRIBUTING.md
 * lists the consequences.
 */
export const REMOVED_LAST = { createBeforeDestroy: true } as const;
