/** Where a known client awaits its answers, in its own scheme. */
interface KnownCallback {
  readonly schemes: readonly string[];
  /** What follows the scheme's colon, as {@link isAt} reads it. */
  readonly at: string;
  /** Whose it is, and what else the scheme opens, so that the rest of it is not allowed. */
  readonly why: string;
}

/** Editors made from VS Code. Each opens files (`//file/…`) and extensions by its scheme. */
const EDITORS = [
  ...[
    "vscode",
    "vscode-insiders",
    "vscodium",
    "code-oss",
    "cursor",
    "windsurf",
    "kiro",
    "trae",
    "antigravity",
  ],
  ...["positron", "void"],
];

/**
 * The callbacks of MCP clients whose scheme is not a reverse domain name, as their sources or public reports show them. Most
 * of these schemes install MCP servers or plugins, too, or write prompts. Clients that are not here use https or loopback:
 * Goose, Jan, LM Studio, Msty, Cherry Studio, Zed, Kiro, Trae and Windsurf among them.
 */
export const KNOWN_CALLBACKS: readonly KnownCallback[] = [
  {
    schemes: ["cursor"],
    at: "//anysphere.cursor-mcp/",
    why: "Cursor; //anysphere.cursor-deeplink/ installs servers",
  },
  { schemes: ["cursor"], at: "//anysphere.cursor-retrieval/oauth/", why: "Cursor, earlier releases" },
  {
    schemes: EDITORS,
    at: "//saoudrizwan.claude-dev/mcp-auth/callback/",
    why: "Cline, an extension of each of these editors",
  },
  {
    schemes: ["vscode", "vscode-insiders"],
    at: "//vscode.github-authentication/did-authenticate",
    why: "VS Code's own sign-in; //file/ opens documents, //vscode.git/ clones",
  },
  {
    schemes: ["vscode", "vscode-insiders"],
    at: "//vscode.microsoft-authentication/",
    why: "VS Code's own sign-in",
  },
  {
    schemes: ["claude"],
    at: "//claude.ai/mcp-auth-callback/",
    why: "Claude's desktop application; //claude.ai/customize/ installs plugins",
  },
  { schemes: ["raycast"], at: "//oauth", why: "Raycast; //extensions/ runs commands" },
  { schemes: ["warp"], at: "//mcp/oauth2callback", why: "Warp; //action/ opens a terminal" },
  { schemes: ["workbuddy"], at: "//workbuddy/mcp/", why: "WorkBuddy" },
  { schemes: ["superagent"], at: "//mcp-oauth-callback", why: "SuperAgent" },
  { schemes: ["systemprompt"], at: "//oauth/callback", why: "systemprompt, on mobile devices" },
];

/** Schemes of MCP clients that install servers or open documents by them, so that an operator has to name a place in them. */
const NOT_AS_A_WHOLE = new Set([
  ...KNOWN_CALLBACKS.flatMap(({ schemes }) => schemes),
  ...["goose", "lmstudio", "zed", "jan", "msty", "cherrystudio", "idea", "jetbrains"],
]);

/** Schemes that nobody may have answers sent to, the operator included. A star stands for any ending. */
const NEVER: readonly { readonly schemes: string; readonly why: string }[] = [
  {
    schemes:
      "about blob data filesystem jar javascript livescript mhtml mocha vbscript view-source wyciwyg x-javascript",
    why: "a browser runs or shows what stands in it",
  },
  {
    schemes: "brave brave-* chrome* edge feed feeds firefox* moz-* opera opera-* resource safari-* vivaldi*",
    why: "pages of a browser's own, or whatever they are told to open",
  },
  {
    schemes:
      "ddg* dolphin duckduckgo* googlechrome* iehttp* microsoft-edge* touch-http* x-safari* x-web-search",
    why: "open a web site in a browser of its own",
  },
  {
    schemes: "web+* ext+* bitcoin geo im magnet matrix mms openpgp4fpr sip wtai xmpp webcal*",
    why: "a web site can take them over (HTML, registerProtocolHandler)",
  },
  { schemes: "intent android-app content market", why: "start any program of an Android device" },
  {
    schemes: "bingmaps calculator hcp its mk microsoft.* ms-* onenote* res search search-ms shell windows*",
    why: "Windows and Office: settings, searches, documents, installers",
  },
  {
    schemes: "apple-* x-apple* prefs app-prefs applescript shortcuts workflow x-man-page message facetime*",
    why: "macOS and iOS: settings, scripts, calls",
  },
  {
    schemes: "altstore* appstore* appstream apt ed2k flatpak* itms* itunes* jnlp* macappstore* snap steam",
    why: "install or buy something",
  },
  { schemes: "adobe* acrobat* vnd.* com.microsoft.3dviewer com.microsoft.builder3d", why: "open a document" },
  {
    schemes:
      "afp cid cifs dav davs file ftp ftps gopher imap imaps mid news nfs nntp sftp smb tftp urn webdav*",
    why: "name a file, a message or a share",
  },
  {
    schemes:
      "callto dict irc ircs ldap ldaps mailto otpauth* rdp rtsp skype* sms smsto ssh tel telnet vnc ws wss",
    why: "send something, call somebody, or connect to a server",
  },
];

const NEVER_PATTERNS = NEVER.flatMap(({ schemes }) => schemes.split(" "));

/** Makers of operating systems, browsers and stores: their programs open web sites, documents and installers. */
const SYSTEM_VENDORS = [
  ...["com.apple.", "com.microsoft.", "com.google.", "com.android.", "com.samsung.", "org.chromium."],
  ...["org.mozilla.", "com.brave.", "com.opera.", "com.vivaldi.", "com.duckduckgo."],
  ...["com.amazon.", "com.epicgames.", "com.unity3d."],
];

/** The top-level domains that applications name themselves after; those of two letters are allowed anyway. */
const TOP_LEVEL_DOMAINS = new Set(
  [
    [
      "app",
      "biz",
      "chat",
      "cloud",
      "codes",
      "com",
      "dev",
      "digital",
      "edu",
      "gov",
      "info",
      "int",
      "mil",
      "name",
    ],
    ["net", "online", "org", "page", "pro", "run", "site", "software", "studio", "systems", "team", "tech"],
    ["tools", "xyz"],
  ].flat(),
);

/** What an operator also allows: schemes, and places in schemes, as {@link redirectSchemeFault} takes them. */
export type OperatorsSchemes = readonly string[];

/**
 * Tells whether answers may go to a scheme that is neither http nor https: one after a domain name in reverse order (RFC 8252
 * §7.1), a known MCP client's, or one that the operator allows.
 *
 * @param uri an absolute URI
 * @param allowed what the operator allows; `any` where the operator wrote the URI itself
 * @returns undefined when they may; otherwise what is wrong with the URI, for the client's developer
 */
export function privateUseFault(uri: string, allowed: OperatorsSchemes | "any"): string | undefined {
  const scheme = schemeOf(uri);
  if (isNever(scheme)) return `has the scheme ${scheme}:`;
  if (allowed === "any" || isReverseDomain(scheme)) return undefined;
  const location = uri.slice(scheme.length + 1);
  const known =
    KNOWN_CALLBACKS.some(({ schemes, at }) => schemes.includes(scheme) && isAt(location, at)) ||
    allowed.some(
      (each) =>
        each === scheme || (each.startsWith(`${scheme}:`) && isAt(location, each.slice(scheme.length + 1))),
    );
  return known
    ? undefined
    : `has the scheme ${scheme}:, where no known client awaits an answer; use https, http on loopback, or a domain name in reverse order for a scheme`;
}

/**
 * Tells whether an operator may allow a scheme ("acme"), or a place in one ("vscode://acme.agent/callback").
 *
 * @returns undefined when so; otherwise what is wrong with it
 */
export function redirectSchemeFault(entry: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]+(?::[!-~]+)?$/.test(entry)) {
    return 'is neither a scheme in small letters ("acme") nor a place in one ("vscode://acme.agent/callback")';
  }
  const scheme = schemeOf(entry);
  if (scheme === "http" || scheme === "https")
    return "is no private-use scheme; https and loopback need no entry";
  if (isNever(scheme)) return "opens a web site, a document, an installer or a part of the system";
  if (entry === scheme && NOT_AS_A_WHOLE.has(scheme)) {
    return `also opens documents or installs something; name the place of the callback, as "${scheme}://…/callback"`;
  }
  return undefined;
}

function isNever(scheme: string): boolean {
  return NEVER_PATTERNS.some((pattern) =>
    pattern.endsWith("*") ? scheme.startsWith(pattern.slice(0, -1)) : scheme === pattern,
  );
}

function isReverseDomain(scheme: string): boolean {
  if (!/^[a-z]+(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/.test(scheme)) return false;
  if (SYSTEM_VENDORS.some((prefix) => scheme.startsWith(prefix))) return false;
  const [topLevel = ""] = scheme.split(".", 1);
  return topLevel.length === 2 || TOP_LEVEL_DOMAINS.has(topLevel);
}

/** Whether a location is a place, or below it: a place with a slash at its end is a folder, any other ends where it ends. */
function isAt(location: string, place: string): boolean {
  if (!location.startsWith(place)) return false;
  return place.endsWith("/") || ["", "/", "?"].includes(location.charAt(place.length));
}

function schemeOf(uri: string): string {
  return (uri.split(":", 1)[0] ?? "").toLowerCase();
}
