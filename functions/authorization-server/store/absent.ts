/**
 * Leaves out members that are null, however deep. We write no null, but a database may answer it for a member that is absent, as in a
 * query that names each member: Cosmos DB leaves those out, and other implementations of its API do not. Our types know absent ones alone.
 */
export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)])) as T;
}
