/** Larger ones would not fit into a URL besides the rest of an authorization request. */
const LONGEST = 3072;

/**
 * Reads a claims request (OpenID Connect Core §5.5), as Entra's and a backend's claims challenges bring it.
 *
 * @param text as it was received
 * @returns its JSON, written anew; undefined when it is none, is empty, or is too large to pass on
 */
export function claimsRequest(text: string | undefined): string | undefined {
  if (!text || text.length > LONGEST) return undefined;
  try {
    const claims: unknown = JSON.parse(text);
    if (typeof claims !== "object" || claims === null || Array.isArray(claims)) return undefined;
    return Object.keys(claims).length > 0 ? JSON.stringify(claims) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One claims request for what two ask for, as when Entra answers a backend's with its own.
 *
 * @param first JSON, as {@link claimsRequest} gives it
 * @param second counts where both ask for the same claim
 * @returns undefined when neither asks for anything, or both together are too large
 */
export function bothClaimsRequests(
  first: string | undefined,
  second: string | undefined,
): string | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const [one, other] = [JSON.parse(first), JSON.parse(second)] as Record<string, object>[];
  const members = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  const both = [...members].map((member) => [member, { ...one?.[member], ...other?.[member] }]);
  return claimsRequest(JSON.stringify(Object.fromEntries(both)));
}
