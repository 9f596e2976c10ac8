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
