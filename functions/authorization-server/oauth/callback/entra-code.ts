import type { Parameters } from "../request-body.ts";

/** Entra's own are some hundred characters, and fit into a URL that gateways take. */
const LONGEST = 4096;

/**
 * Entra's authorization code (RFC 6749 §4.1.2, Appendix A.11). Whatever else a browser brings in its place stays here: how Entra's
 * front ends answer that would pass for an outage, which turns everybody away.
 *
 * @returns undefined when there is none, or it cannot be one
 */
export function entraCode(parameters: Parameters): string | undefined {
  const code = parameters.get("code");
  return code !== undefined && code.length <= LONGEST && /^[\x20-\x7e]+$/.test(code) ? code : undefined;
}
