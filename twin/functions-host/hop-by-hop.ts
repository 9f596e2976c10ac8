/**
 * Header fields that belong to one connection, in lower case (RFC 9110 §7.6.1). The local gateway has the same list, because the
 * package imports nothing of this project and offers only what users of a gateway need.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
