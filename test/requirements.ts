/** One thing that must hold. Its ID stands in the names of the tests that prove it. */
export interface Requirement {
  readonly id: string;
  /** What holds, in a line. */
  readonly holds: string;
  /** Where it comes from: a specification, or the behaviour of clients, Entra or API Management. */
  readonly source: string;
}

/** "Spec" is the Model Context Protocol, basic/authorization unless another section is named. */
export const requirements: readonly Requirement[] = [
  {
    id: "DIS-1",
    holds:
      "Each MCP server has its protected resource metadata under its own path; the root's is the first server's.",
    source: "RFC 9728 §3.1, Spec",
  },
  {
    id: "DIS-2",
    holds:
      "Its `resource` is the URL that a person types, to the letter, and its authorization server is this gateway, never Entra.",
    source: "RFC 9728, VS Code",
  },
  {
    id: "DIS-3",
    holds:
      "A 401 says where the metadata is and which scopes are needed; it names an error only when a token was sent.",
    source: "RFC 6750 §3, RFC 9728 §5.1",
  },
  {
    id: "DIS-4",
    holds:
      "Both well-known documents of the authorization server answer, with the bare origin as issuer and the key set's address.",
    source: "RFC 8414, Spec",
  },
  {
    id: "DIS-5",
    holds: "The endpoints are `/authorize`, `/token` and `/register` on the MCP server's own host.",
    source: "clients that fall back",
  },
  {
    id: "DIS-6",
    holds: "The metadata lists what is served, from the code that serves it, and nothing else.",
    source: "RFC 8414, Spec",
  },
  {
    id: "DIS-7",
    holds: "A well-known URL that is not served answers 404: no server error, no redirect elsewhere.",
    source: "clients that probe",
  },
  {
    id: "DIS-8",
    holds:
      "Web pages of any origin reach documents, registration, tokens and MCP servers, preflights without a token; never the sign-in pages.",
    source: "browser clients",
  },
  {
    id: "DIS-9",
    holds:
      "`offline_access` is the client's to ask for: no resource and no challenge lists it, the authorization server does.",
    source: "Spec",
  },
  {
    id: "CLI-1",
    holds:
      "A client registers with the protocol's defaults; what it did not say is filled in, what nobody knows is ignored, all is echoed.",
    source: "RFC 7591",
  },
  {
    id: "CLI-2",
    holds:
      "A client reads, changes and ends its registration with the token it got for that, which is stored as a hash.",
    source: "RFC 7592",
  },
  {
    id: "CLI-3",
    holds:
      "A client's ID may be the URL of its metadata document, which names that very URL, is cached within bounds, and holds no secret.",
    source: "Spec, draft-ietf-oauth-client-id-metadata-document",
  },
  {
    id: "CLI-4",
    holds:
      "Fetching for a client reaches public addresses alone, checked after the name was resolved and kept for the connection, within 5 KB and 5 s.",
    source: "Spec, SSRF",
  },
  {
    id: "CLI-5",
    holds: "An operator enters clients in the configuration, public or with a key or a secret's hash.",
    source: "Spec",
  },
  {
    id: "CLI-6",
    holds:
      "A redirect URI is the registered one to the letter, but for the port on loopback; schemes that run or read something are refused.",
    source: "RFC 8252, RFC 9700 §2.1",
  },
  {
    id: "CLI-7",
    holds:
      "An unknown client gets `invalid_client` at `/token`, so that it registers again, and a page at `/authorize`, never a redirect.",
    source: "RFC 6749 §4.1.2.1",
  },
  {
    id: "CLI-8",
    holds: "A registration that nobody uses ends; signing in and refreshing renew it.",
    source: "operations",
  },
  {
    id: "CLI-9",
    holds:
      "A redirect URI, from any source, brings no parameter of an answer in any spelling; an answer carries each of its parameters once, whatever is stored.",
    source: "RFC 9207 §4, mix-up",
  },
  {
    id: "CLI-10",
    holds:
      "Private-use schemes are a list: reverse domain names, the callbacks of known MCP clients, and what the operator allows; never one that opens a web site, a document or an installer.",
    source: "RFC 8252 §7.1",
  },
  {
    id: "CLI-11",
    holds:
      "A client that registers `client_secret_basic` or `client_secret_post` gets a secret, which is stored as a hash, and has to use it in that way.",
    source: "RFC 7591 §3.2.1",
  },
  {
    id: "CLI-13",
    holds: "A loopback redirect URI without a path and the same one with `/` match.",
    source: "RFC 3986 §6.2.3, VS Code",
  },
  {
    id: "CLI-14",
    holds: "A registration with which nobody ever signed in ends after a day.",
    source: "abuse",
  },
  {
    id: "CLI-15",
    holds:
      "Where a client's document cannot be fetched, a copy, the list of known clients or registration lets it sign in; the answer tells a document out of reach from a faulty one.",
    source: "Codex, Claude Code, Copilot CLI",
  },
  {
    id: "AUT-1",
    holds: "Codes with PKCE S256 only; repeated parameters are refused; `state` comes back byte for byte.",
    source: "OAuth 2.1, RFC 9700",
  },
  {
    id: "AUT-2",
    holds:
      "Once the redirect URI is known good, errors go to the client with `state` and `iss`, by a link where its site is not one that the operator entered; before, they are a page.",
    source: "RFC 6749, RFC 9207, RFC 9700 §4.11.2",
  },
  {
    id: "AUT-3",
    holds:
      "`resource` names a configured server and decides the token's audience; any other is `invalid_target`.",
    source: "RFC 8707",
  },
  {
    id: "AUT-4",
    holds: "Entra never sees `resource`; it is asked for the server's own scope and the OpenID ones.",
    source: "Entra, AADSTS9010010",
  },
  {
    id: "AUT-5",
    holds:
      "A client that names no scope gets the server's required ones; one that asks for less gets no more.",
    source: "Spec",
  },
  {
    id: "AUT-6",
    holds:
      "A `resource` with a query names the same server, at `/authorize` and `/token`; the token's audience stays the server's own URL; a fragment is refused.",
    source: "RFC 8707 §2, clients",
  },
  {
    id: "AUT-7",
    holds:
      "A failed request redirects immediately only to loopback and to clients that the operator entered; to any other site or application, a page shows a link.",
    source: "RFC 9700 §4.11.2",
  },
  {
    id: "AUT-8",
    holds:
      "A scope of another server does not block a sign-in: with a `resource`, only that server's scopes are granted, and its required ones where none is left.",
    source: "RFC 6749 §3.3, clients",
  },
  {
    id: "CON-1",
    holds: "Nothing goes to Entra before the person has allowed this client here.",
    source: "Spec, confused deputy",
  },
  {
    id: "CON-2",
    holds:
      "The page says who asks, for which server, for what, and where the answer goes; it warns of the unverified and cannot be framed.",
    source: "Spec",
  },
  {
    id: "CON-3",
    holds: "A decision counts only from our own page, in the browser it was shown in.",
    source: "RFC 9700",
  },
  {
    id: "CON-4",
    holds: "Several sign-ins at once in one browser complete, and their cookies stay bounded.",
    source: "experience of other proxies",
  },
  {
    id: "CON-5",
    holds:
      "Denying answers `access_denied`; every sign-in asks, unless the operator lets the browser remember the very same request, which no site began.",
    source: "GHSA-6x8h-498w-gv8c",
  },
  {
    id: "CON-6",
    holds:
      "What a client says of itself is escaped everywhere, is never a dangerous link, and loads nothing.",
    source: "XSS, tracking",
  },
  {
    id: "CON-7",
    holds:
      "A page decides once, and only by a click or tap that was meant for it: 0.7 s after the pointer came onto the form, the touch page was shown, or the last press before that; the keyboard needs no wait.",
    source: "clickjacking",
  },
  {
    id: "CON-8",
    holds:
      "Optional scopes, and staying connected, are the person's to leave out when they allow a client. Optional scopes can be withdrawn later. What was left out or withdrawn is in no token, and nothing that a form says widens a request.",
    source: "RFC 6749 §3.3",
  },
  {
    id: "CAL-1",
    holds:
      "Only the browser that allowed it comes back from Entra, once, within the sign-in's time; another gets a page, and nothing is stored.",
    source: "GHSA-rww4-4w9c-7733",
  },
  {
    id: "CAL-2",
    holds:
      "Our own leg has PKCE, nonce and state, and the id token is verified: signature, issuer with tenant, audience, nonce, expiry; no tenant is let in that is not the home tenant or listed.",
    source: "Entra",
  },
  {
    id: "CAL-3",
    holds:
      "Entra's errors become the right OAuth error for the client and a readable page where it cannot hear.",
    source: "RFC 6749",
  },
  {
    id: "CAL-4",
    holds:
      "Entra's codes come through at any length that Entra is known to issue, and no request of a sign-in has a query over 2,000 bytes but the client's own.",
    source: "API Management, Entra",
  },
  { id: "TOK-1", holds: "The client gets our `at+jwt`, never an Entra token.", source: "RFC 9068, Spec" },
  {
    id: "TOK-2",
    holds:
      "Answers of the token endpoint are JSON that no cache keeps, with the protocol's codes and status.",
    source: "RFC 6749 §5",
  },
  {
    id: "TOK-3",
    holds:
      "A code is short-lived and bound to client, redirect URI, challenge and resource; a refusal does not tell which was wrong.",
    source: "RFC 9700",
  },
  {
    id: "TOK-4",
    holds:
      "Of many redemptions of a code, on any number of instances, one succeeds; a second use ends what the first one got.",
    source: "RFC 9700",
  },
  {
    id: "TOK-5",
    holds:
      "Refresh tokens rotate; the last answer can be had again for a while; any older one used again ends the family.",
    source: "RFC 9700, clients that race",
  },
  {
    id: "TOK-6",
    holds:
      "A refresh narrows and never widens, belongs to its client, renews Entra's token, and ends when Entra or a lost role says so.",
    source: "RFC 6749",
  },
  {
    id: "TOK-7",
    holds:
      "Revocation ends the session from either token, for its own client alone, and the gateway hears of it.",
    source: "RFC 7009",
  },
  {
    id: "TOK-8",
    holds: "Introspection is for configured resource servers, about their own tokens.",
    source: "RFC 7662",
  },
  {
    id: "TOK-9",
    holds:
      "A token of one kind or server is refused where another is expected; paths have edges; an audience may be a list.",
    source: "RFC 8725",
  },
  {
    id: "TOK-10",
    holds: "Too little scope is a 403 that names all the scopes needed at once.",
    source: "Spec",
  },
  {
    id: "TOK-11",
    holds: "A verifier and a challenge have the syntax and the length that RFC 7636 gives them.",
    source: "RFC 7636 §4.1, §4.2",
  },
  {
    id: "TOK-12",
    holds: "The replay of a refresh gives no more scope than the replaying request asks for.",
    source: "RFC 6749 §6",
  },
  {
    id: "SES-1",
    holds: "Entra's tokens are stored sealed for their record; our codes and refresh tokens only as hashes.",
    source: "data at rest",
  },
  {
    id: "SES-2",
    holds:
      "Keys rotate under living tokens and sessions: published before they sign, kept until the last token is gone.",
    source: "RFC 9700",
  },
  {
    id: "SES-3",
    holds: "Ends are checked in code; the store's own clean-up may be late.",
    source: "Cosmos DB",
  },
  {
    id: "SES-4",
    holds:
      "Conflicts, throttling and outages end in a retry or a clean `temporarily_unavailable`: no session lost, none doubled.",
    source: "Cosmos DB",
  },
  {
    id: "GW-1",
    holds:
      "Signature, issuer, audience, expiry, type and scope are checked before any backend is called; a token in the query is none.",
    source: "Spec",
  },
  {
    id: "GW-2",
    holds:
      "The backend gets the user's Entra token for itself, never the client's; only the gateway may fetch it.",
    source: "Spec",
  },
  {
    id: "GW-3",
    holds: "A cached Entra token goes 5 minutes before its end, and with its session.",
    source: "token lifetimes",
  },
  {
    id: "GW-4",
    holds: "Answers stream through unbuffered, and the headers of every MCP revision pass both ways.",
    source: "Spec, transports",
  },
  {
    id: "GW-5",
    holds: "A flushed cache costs one internal call, and nothing else.",
    source: "API Management's cache is volatile",
  },
  {
    id: "GW-6",
    holds: "The authorization server answers the gateway alone, but for its public documents.",
    source: "security",
  },
  {
    id: "GW-7",
    holds: "The OAuth endpoints are limited by address and by client; beyond it 429 with `Retry-After`.",
    source: "abuse",
  },
  {
    id: "GW-8",
    holds:
      "A failure at the gateway answers in the protocol of its path, with a correlation ID and without internals.",
    source: "operations",
  },
  {
    id: "GW-9",
    holds:
      "A backend's own 401 never reaches the client: one more try with a fresh token, then our challenge, with its claims.",
    source: "Conditional Access",
  },
  {
    id: "GW-10",
    holds:
      "The backend learns the granted scopes, the client's ID and the access token's end, in fields that only the gateway sets.",
    source: "boundary",
  },
  {
    id: "GW-11",
    holds:
      "Header fields cross by allow-list in both directions; no answer of a backend runs, is stored or redirects in the gateway's origin.",
    source: "boundary",
  },
  {
    id: "GW-12",
    holds:
      "A tool, prompt or resource that needs more scope gets 403 with one complete challenge, and one that needs a role 403 without; batches, and headers that disagree with the body, are decided as a whole.",
    source: "MCP 2026-07-28, RFC 6750",
  },
  {
    id: "GW-13",
    holds:
      "A backend's own 403 `insufficient_scope` becomes our challenge, complete, for scopes of that server.",
    source: "Spec",
  },
  {
    id: "GW-14",
    holds: "An open stream ends with its token, at servers that follow the token's end.",
    source: "revocation",
  },
  {
    id: "GW-15",
    holds:
      "A server that knows nothing of Entra gets an assertion for its own audience, which ends within ten minutes and with its session, or nothing.",
    source: "boundary",
  },
  {
    id: "GW-16",
    holds:
      "Where a server allows it, an Entra token for its application is taken directly, after its tenant, audience, client, and scope or role are checked, and the access rules hold.",
    source: "field report",
  },
  {
    id: "GW-17",
    holds:
      "What a web page has its visitors' browsers send uses up no rate limit of the programs and people behind the same address.",
    source: "abuse",
  },
  {
    id: "GW-18",
    holds:
      "No request, however formed, makes the gateway or an app answer 5xx, leaves it without an answer, or stays in memory.",
    source: "robustness",
  },
  {
    id: "GW-19",
    holds:
      "A backend gets its key from the operator's Key Vault, in a field that no client can set; the value is in no configuration, state, log or answer.",
    source: "operators",
  },
  {
    id: "GW-20",
    holds:
      "Each tool call of a known session is one audit event and one value of a metric, without arguments and results; nothing that a caller sends forges a line or multiplies the metric.",
    source: "operators",
  },
  {
    id: "OPS-1",
    holds:
      "A second provisioning changes nothing; a release that removes a fragment, a named value, a scope or a server provisions in one run.",
    source: "Terraform",
  },
  {
    id: "OPS-2",
    holds: "The app's identity can sign, verify, wrap, unwrap and read keys, and nothing else.",
    source: "least privilege",
  },
];
