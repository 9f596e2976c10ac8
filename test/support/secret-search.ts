/** Base64url characters: too many to occur by chance. */
const WINDOW = 16;

/**
 * Looks for secrets in texts, whole or in part: any 16 characters in a row of a random, signed or encrypted part count.
 *
 * @returns each finding with what stands around it; empty when there is none
 */
export function findSecrets(secrets: Iterable<string>, texts: Iterable<string>): string[] {
  const windows = new Set<string>();
  const wholes = new Set<string>();
  for (const secret of new Set(secrets)) {
    const { random, readable } = partsOf(secret);
    for (const part of readable) wholes.add(part);
    for (const part of random) {
      for (let start = 0; start + WINDOW <= part.length; start++) {
        windows.add(part.slice(start, start + WINDOW));
      }
    }
  }
  const findings: string[] = [];
  for (const text of texts) {
    const at = firstWindow(text, windows);
    const whole = [...wholes].find((part) => text.includes(part));
    if (at !== undefined) findings.push(text.slice(Math.max(0, at - 60), at + 60));
    if (whole !== undefined) findings.push(`${whole.slice(0, 40)}… in ${text.slice(0, 60)}`);
  }
  return findings;
}

function firstWindow(text: string, windows: ReadonlySet<string>): number | undefined {
  for (let start = 0; start + WINDOW <= text.length; start++) {
    if (windows.has(text.slice(start, start + WINDOW))) return start;
  }
  return undefined;
}

/**
 * What of a secret is secret. The header of a JWT or JWE is public, and its claims hold words that other texts may hold,
 * too, so that they count as a whole only. Our own codes and refresh tokens carry identifiers before their secrets.
 */
function partsOf(secret: string): { random: string[]; readable: string[] } {
  const segments = secret.split(/[.:]/);
  if (segments[0] === "ac") return { random: segments.slice(3), readable: [] };
  if (segments[0] === "rt") return { random: segments.slice(3), readable: [] };
  const header = segments.findIndex(isJoseHeader);
  const rest = segments.slice(header + 1);
  const isJwt = header >= 0 && rest.length === 2;
  return isJwt ? { random: rest.slice(1), readable: rest.slice(0, 1) } : { random: rest, readable: [] };
}

function isJoseHeader(segment: string): boolean {
  return Buffer.from(segment, "base64url").toString("latin1").startsWith('{"');
}
