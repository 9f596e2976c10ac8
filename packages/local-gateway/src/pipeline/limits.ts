/** Largest body held in memory, for an expression that reads it or a policy that buffers it; in bytes. */
export const BUFFERED_BODY_LIMIT = 10 * 1024 * 1024;

/** Largest request line and header fields together, in bytes: those of an ASP.NET server, as API Management's gateway is. */
export const HEAD_LIMIT = 32 * 1024;

/** Largest request body that passes through, in bytes. */
export const REQUEST_BODY_LIMIT = 100 * 1024 * 1024;

/** Longest query, without its question mark, that comes as far as a policy; in bytes. The v2 tiers' front end has this limit (IIS's 404.15). */
export const QUERY_LIMIT = 2048;
