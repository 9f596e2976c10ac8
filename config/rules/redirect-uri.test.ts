import { describe, expect, it } from "vitest";
import { isLoopbackRedirect, isProvenByHost, redirectUriFault, redirectUriMatches } from "./redirect-uri.ts";

const good = [
  "https://claude.ai/api/mcp/auth_callback",
  "https://vscode.dev/redirect",
  "https://insiders.vscode.dev/redirect",
  "https://chatgpt.com/connector_platform_oauth_redirect",
  "https://www.cursor.com/agents/mcp/oauth/callback",
  "https://example.com",
  "https://example.com/",
  "https://example.com:8443/cb",
  "https://example.com./cb",
  "https://my_host.example/cb",
  "https://xn--mnchen-3ya.example/cb",
  "https://192.0.2.7/cb",
  "https://[2001:db8::1]/cb",
  "https://[2001:db8::1]:8443/cb",
  "https://example.com/cb?tenant=a&next=%2Fhome",
  "https://example.com/a/.well-known/cb",
  "https://example.com/a..b/...",
  "https://example.com/cb?path=/../x",
  "https://example.com/a%2Fb",
  "HTTPS://EXAMPLE.COM/cb",
  "http://localhost/callback",
  "http://localhost:6274/oauth/callback",
  "http://localhost:65535/",
  "http://localhost:1",
  "http://127.0.0.1/callback",
  "http://127.0.0.1:33418/",
  "http://[::1]/callback",
  "http://[::1]:8080/callback",
  "cursor://anysphere.cursor-mcp/oauth/callback",
  "vscode://vscode.github-authentication/did-authenticate",
  "com.example.app:/cb",
  "com.example.app:/oauth2redirect/cb",
  "com.example.app://cb",
  "com.example.app:cb",
  "com.example.app:/cb?next=https://someone@example.com",
  `https://example.com/${"x".repeat(1004)}`,
];

const evil: readonly (readonly [uri: string, fault: string])[] = [
  // Schemes that run, read, embed or send something.
  ["javascript:alert(1)", "scheme javascript:"],
  ["JavaScript:alert(1)", "scheme javascript:"],
  ["JAVASCRIPT://example.com/%0aalert(1)", "scheme javascript:"],
  ["data:text/html,hello", "scheme data:"],
  ["DATA:text/html;base64,PHNjcmlwdD4=", "scheme data:"],
  ["vbscript:msgbox(1)", "scheme vbscript:"],
  ["VbScRiPt:msgbox(1)", "scheme vbscript:"],
  ["file:///etc/passwd", "scheme file:"],
  ["FILE://server/share", "scheme file:"],
  ["filesystem:https://example.com/temporary/a", "scheme filesystem:"],
  ["blob:https://example.com/1f", "scheme blob:"],
  ["about:blank", "scheme about:"],
  ["view-source:https://example.com", "scheme view-source:"],
  ["jar:https://example.com/a.jar", "scheme jar:"],
  ["feed:javascript:alert(1)", "scheme feed:"],
  ["chrome://settings", "scheme chrome:"],
  ["ws://localhost/cb", "scheme ws:"],
  ["WSS://example.com/cb", "scheme wss:"],
  ["ftp://example.com/cb", "scheme ftp:"],
  ["ldap://example.com/cb", "scheme ldap:"],
  ["smb://example.com/share", "scheme smb:"],
  ["mailto:someone@example.com", "scheme mailto:"],
  ["tel:+1555", "scheme tel:"],
  ["sms:+1555", "scheme sms:"],
  ["intent://scan/#Intent;scheme=zxing;end", "fragment"],
  ["intent://scan/", "scheme intent:"],
  ["content://media/external", "scheme content:"],
  ["ms-msdt:/id", "scheme ms-msdt:"],
  ["search-ms:query=a", "scheme search-ms:"],
  ["shell:startup", "scheme shell:"],
  ["res://ieframe.dll/a", "scheme res:"],
  ["urn:ietf:wg:oauth:2.0:oob", "scheme urn:"],
  // Blanks, control characters and whatever is no URI.
  [" javascript:alert(1)", "absolute URI"],
  ["\tjavascript:alert(1)", "absolute URI"],
  ["\u0000javascript:alert(1)", "absolute URI"],
  ["\u0001https://example.com/cb", "absolute URI"],
  ["java\nscript:alert(1)", "absolute URI"],
  ["java\tscript:alert(1)", "absolute URI"],
  [" https://example.com/cb", "absolute URI"],
  ["https://example.com/cb ", "absolute URI"],
  ["https://example.com/cb\r\nSet-Cookie: a=b", "absolute URI"],
  ["https://example.com/\u007f", "absolute URI"],
  ['https://example.com/"><script>', "absolute URI"],
  ["https://example.com/<b>", "absolute URI"],
  ["https://example.com/{a}|^`", "absolute URI"],
  ["https://münchen.example/cb", "absolute URI"],
  ["https://ехаmple.com/cb", "absolute URI"],
  ["https://example.com/ü", "absolute URI"],
  ["https://example。com/cb", "absolute URI"],
  ["https://example.com\\@evil.example/cb", "absolute URI"],
  ["https:\\\\example.com\\cb", "absolute URI"],
  ["", "absolute URI"],
  ["/callback", "absolute URI"],
  ["callback", "absolute URI"],
  ["//example.com/cb", "absolute URI"],
  ["://example.com/cb", "absolute URI"],
  ["https:", "absolute URI"],
  ["cursor:", "absolute URI"],
  ["c:/windows/system32", "absolute URI"],
  ["1app://cb", "absolute URI"],
  ["*://example.com/cb", "absolute URI"],
  // Fragments.
  ["https://example.com/cb#", "fragment"],
  ["https://example.com/cb#a=b", "fragment"],
  ["http://localhost:1234/#/cb", "fragment"],
  ["com.example.app:/cb#x", "fragment"],
  // User information.
  ["https://user@example.com/cb", "user information"],
  ["https://user:password@example.com/cb", "user information"],
  ["https://@example.com/cb", "user information"],
  ["https://:@example.com/cb", "user information"],
  ["https://example.com@evil.example/cb", "user information"],
  ["http://localhost@evil.example/cb", "user information"],
  ["http://localhost:80@evil.example/cb", "user information"],
  ["cursor://user@anysphere.cursor-mcp/cb", "user information"],
  // Dot segments, in every spelling.
  ["https://example.com/a/../cb", "dot segments"],
  ["https://example.com/./cb", "dot segments"],
  ["https://example.com/a/..", "dot segments"],
  ["https://example.com/a/.", "dot segments"],
  ["https://example.com/a/%2e%2e/cb", "dot segments"],
  ["https://example.com/a/%2E%2e/cb", "dot segments"],
  ["https://example.com/a/.%2E/cb", "dot segments"],
  ["https://example.com/a/%2e./cb", "dot segments"],
  ["https://example.com/%2e/cb", "dot segments"],
  ["http://localhost:1234/../cb", "dot segments"],
  ["com.example.app:/a/../cb", "dot segments"],
  ["cursor://anysphere.cursor-mcp/../cb", "dot segments"],
  ["com.example.app:../cb", "dot segments"],
  // http that leaves the device, or seems to stay on it.
  ["http://example.com/cb", "not loopback"],
  ["HTTP://EXAMPLE.COM/cb", "not loopback"],
  ["http://localhost.evil.com/cb", "not loopback"],
  ["http://127.0.0.1.nip.io/cb", "not loopback"],
  ["http://localhost./cb", "not loopback"],
  ["http://127.0.0.2/cb", "not loopback"],
  ["http://10.0.0.1/cb", "not loopback"],
  ["http://169.254.169.254/cb", "not loopback"],
  ["http://0.0.0.0/cb", "not loopback"],
  ["http://[::]/cb", "not loopback"],
  ["http://[::ffff:7f00:1]/cb", "not loopback"],
  // Hosts and ports that parsers read in their own ways.
  ["http://2130706433/cb", "plain host"],
  ["http://0x7f.1/cb", "plain host"],
  ["http://0177.0.0.1/cb", "plain host"],
  ["http://127.1/cb", "plain host"],
  ["http://%6c%6f%63%61lhost/cb", "plain host"],
  ["http://localhost%2eevil.com/cb", "plain host"],
  ["http://[0:0:0:0:0:0:0:1]/cb", "plain host"],
  ["https://ex%61mple.com/cb", "plain host"],
  ["https:///example.com/cb", "plain host"],
  ["https:example.com/cb", "plain host"],
  ["https:/example.com/cb", "plain host"],
  ["http:localhost/cb", "plain host"],
  ["http:///localhost/cb", "plain host"],
  ["https://", "absolute URI"],
  ["https://:443/cb", "absolute URI"],
  ["https://?a=b", "absolute URI"],
  ["https://example.com:/cb", "plain host"],
  ["http://localhost:0/cb", "plain host"],
  ["http://localhost:00080/cb", "plain host"],
  ["http://localhost:65536/cb", "absolute URI"],
  ["http://localhost:99999/cb", "absolute URI"],
  ["http://localhost:1e3/cb", "absolute URI"],
  ["http://localhost:-1/cb", "absolute URI"],
  ["http://[::1/cb", "absolute URI"],
  ["http://[::1]evil.com/cb", "absolute URI"],
  ["http://[::1%25eth0]/cb", "absolute URI"],
  ["https://exa mple.com/cb", "absolute URI"],
  // Size.
  [`https://example.com/${"x".repeat(1005)}`, "longer than 1024"],
];

/** Those of the schemes that stand in no row above. */
const dangerous = [
  ["chrome-search", "chrome-untrusted", "edge", "livescript", "mhtml", "mocha", "resource", "wyciwyg"],
  ["cid", "dict", "ftps", "gopher", "imap", "irc", "ldaps", "mid", "news", "nfs", "nntp", "rtsp", "sftp"],
  ["ssh", "telnet", "tftp", "vnc", "its", "mk", "mms", "ms-its", "ms-officecmd", "search", "smsto"],
].flat();

const MIX_UP = encodeURIComponent("https://evil.example");

describe("redirectUriFault", () => {
  it.each(good)("CLI-6 accepts %j", (uri) => {
    expect(redirectUriFault(uri)).toBeUndefined();
  });

  it.each(evil)("CLI-6 refuses %j: %s", (uri, fault) => {
    expect(redirectUriFault(uri)).toContain(fault);
  });

  it.each(dangerous)("CLI-6 refuses the scheme %s", (scheme) => {
    expect(redirectUriFault(`${scheme}://example.com/cb`)).toContain(`scheme ${scheme}:`);
    expect(redirectUriFault(`${scheme.toUpperCase()}:cb`)).toContain(`scheme ${scheme}:`);
  });

  it.each([
    ["http://localhost:33990/callback?iss=", "iss"],
    ["http://localhost:33990/callback?a=b&i%73s=", "iss"],
    ["https://example.com/cb?ISS[]=", "iss"],
    ["https://example.com/cb?code=", "code"],
    ["https://example.com/cb?tenant=a;state=", "state"],
    ["com.example.app:/cb?error=", "error"],
    ["cursor://anysphere.cursor-mcp/oauth/callback?id_token=", "id_token"],
  ])("CLI-9 refuses %s…, because the answer has that parameter itself", (start, parameter) => {
    expect(redirectUriFault(`${start}${MIX_UP}`)).toContain(`brings the parameter ${parameter},`);
    expect(redirectUriFault(`${start}${MIX_UP}`, "any")).toContain(`brings the parameter ${parameter},`);
  });

  it("says what is wrong in words that fit an error description (RFC 6749 §5.2)", () => {
    for (const [uri] of evil) expect(redirectUriFault(uri)).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  });
});

describe("redirectUriMatches", () => {
  it.each([
    ["the same string", "https://example.com/cb", "https://example.com/cb"],
    ["the same private-use URI", "cursor://a/cb", "cursor://a/cb"],
    ["another port on localhost", "http://localhost:1234/cb", "http://localhost:5678/cb"],
    ["a port on localhost registered without one", "http://localhost/cb", "http://localhost:5678/cb"],
    ["no port on localhost registered with one", "http://localhost:1234/cb", "http://localhost/cb"],
    ["another port on 127.0.0.1", "http://127.0.0.1:1/", "http://127.0.0.1:65535/"],
    ["a port on 127.0.0.1 registered without one", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
    ["another port on [::1]", "http://[::1]:1234/cb", "http://[::1]:5678/cb"],
    ["a port on [::1] registered without one", "http://[::1]/cb", "http://[::1]:5678/cb"],
    ["another port with the same query", "http://localhost:1/cb?a=b", "http://localhost:2/cb?a=b"],
    ["another port without a path", "http://localhost:1", "http://localhost:2"],
  ])("CLI-6 accepts %s", (_, registered, requested) => {
    expect(redirectUriMatches(registered, requested)).toBe(true);
  });

  it.each([
    ["http://127.0.0.1:33418", "http://127.0.0.1:33418/"],
    ["http://127.0.0.1:33418/", "http://127.0.0.1:33418"],
    ["http://127.0.0.1", "http://127.0.0.1:51877/"],
    ["http://localhost/", "http://localhost:1"],
    ["http://[::1]:7001", "http://[::1]/"],
    ["http://localhost?a=b", "http://localhost/?a=b"],
    ["http://localhost:1/?a=/", "http://localhost:2?a=/"],
  ])("CLI-13 takes loopback without a path and with / for the same: %s, %s", (registered, requested) => {
    expect(redirectUriMatches(registered, requested)).toBe(true);
  });

  it.each([
    ["another path", "https://example.com/cb", "https://example.com/cb2"],
    ["a path below", "https://example.com/cb", "https://example.com/cb/x"],
    ["a slash more", "https://example.com/cb", "https://example.com/cb/"],
    ["a slash less", "https://example.com/", "https://example.com"],
    ["a query more", "https://example.com/cb", "https://example.com/cb?a=b"],
    ["a query less", "https://example.com/cb?a=b", "https://example.com/cb"],
    ["a fragment more", "https://example.com/cb", "https://example.com/cb#a"],
    ["another letter case of the host", "https://example.com/cb", "https://EXAMPLE.com/cb"],
    ["another letter case of the path", "https://example.com/cb", "https://example.com/CB"],
    ["an escape for the same character", "https://example.com/cb", "https://example.com/%63b"],
    ["the default port, written", "https://example.com/cb", "https://example.com:443/cb"],
    ["another port off loopback", "https://example.com:1/cb", "https://example.com:2/cb"],
    ["http for https", "https://localhost/cb", "http://localhost/cb"],
    ["a subdomain", "https://example.com/cb", "https://a.example.com/cb"],
    ["the host as a subdomain", "https://example.com/cb", "https://example.com.evil.example/cb"],
    ["user information more", "https://example.com/cb", "https://example.com@evil.example/cb"],
    ["another spelling of loopback", "http://localhost:1/cb", "http://127.0.0.1:1/cb"],
    ["IPv6 for IPv4 loopback", "http://127.0.0.1:1/cb", "http://[::1]:1/cb"],
    ["another path on loopback", "http://localhost:1/cb", "http://localhost:2/evil"],
    ["a slash more behind a path on loopback", "http://localhost:1/cb", "http://localhost:2/cb/"],
    ["a path more on loopback", "http://localhost:1", "http://localhost:2/cb"],
    ["a slash more on loopback, and one", "http://localhost:1/", "http://localhost:1//"],
    ["a query more on loopback", "http://localhost:1/cb", "http://localhost:2/cb?a=b"],
    ["https on loopback with another port", "https://localhost:1/cb", "https://localhost:2/cb"],
    ["a host that begins like loopback", "http://localhost/cb", "http://localhost.evil.com/cb"],
    ["a port that is a host", "http://localhost/cb", "http://localhost:80@evil.example/cb"],
    ["a port out of range", "http://localhost/cb", "http://localhost:65536/cb"],
    ["a port of six digits", "http://localhost/cb", "http://localhost:123456/cb"],
    ["port 0", "http://localhost/cb", "http://localhost:0/cb"],
    ["an empty port", "http://localhost/cb", "http://localhost:/cb"],
    ["dot segments with another port", "http://localhost:1/a/../cb", "http://localhost:2/a/../cb"],
    ["a line feed behind", "http://localhost/cb", "http://localhost:2/cb\n"],
    ["another port of a private-use URI", "cursor://localhost:1/cb", "cursor://localhost:2/cb"],
    ["upper-case loopback with another port", "HTTP://LOCALHOST:1/cb", "HTTP://LOCALHOST:2/cb"],
  ])("CLI-6 refuses %s", (_, registered, requested) => {
    expect(redirectUriMatches(registered, requested)).toBe(false);
  });
});

describe("isProvenByHost", () => {
  it.each([
    "https://client.example/cb",
    "HTTPS://CLIENT.EXAMPLE/cb",
    "https://localhost.client.example/cb",
    "https://notlocalhost/cb",
    "https://192.0.2.7/cb",
    "https://127.client.example/cb",
    "https://127.0.0.1.client.example/cb",
  ])("CON-5 holds for %s", (uri) => expect(isProvenByHost(uri)).toBe(true));

  it.each([
    "https://localhost/cb",
    "https://LOCALHOST:8443/cb",
    "https://localhost./cb",
    "https://app.localhost/cb",
    "https://127.0.0.1/cb",
    "https://127.1.2.3/cb",
    "https://[::1]/cb",
    "https://[::ffff:127.0.0.1]/cb",
    "http://localhost/cb",
    "http://client.example/cb",
    "cursor://client.example/cb",
    "not a URI",
  ])("CON-5 does not hold for %s", (uri) => expect(isProvenByHost(uri)).toBe(false));
});

describe("isLoopbackRedirect", () => {
  it.each(["http://localhost/cb", "http://127.0.0.1:1/", "http://[::1]:8080/cb", "HTTP://LOCALHOST/cb"])(
    "CON-2 holds for %s",
    (uri) => expect(isLoopbackRedirect(uri)).toBe(true),
  );

  it.each(["https://localhost/cb", "http://localhost.evil.com/", "cursor://localhost/cb", "not a URI"])(
    "CON-2 does not hold for %s",
    (uri) => expect(isLoopbackRedirect(uri)).toBe(false),
  );
});
