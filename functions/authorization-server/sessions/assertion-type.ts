/** `typ` of our assertions (RFC 8725 §3.11): keeps one from being taken for an access token, and the reverse. */
export const ASSERTION_TYPE = "mcp-assertion+jwt";
