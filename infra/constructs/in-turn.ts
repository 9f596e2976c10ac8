import type { ITerraformDependable } from "cdktf";

/**
 * Makes resources that wait for each other. What several of them write into one list of an Entra application is read, changed and
 * written back whole, and Entra may answer the next one from a replica that does not have the change yet.
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
