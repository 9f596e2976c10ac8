import { describe, expect, it } from "vitest";
import { fetchUrlFault } from "./fetchable-url.ts";

describe("fetchUrlFault", () => {
  it.each([
    "https://claude.ai/oauth/claude-code-client-metadata",
    "https://vscode.dev/oauth/client-metadata.json",
    "https://chatgpt.com/oauth/abc/client.json",
    "https://client.example/client.json",
    "https://a.b.c.client.example/x/",
    "https://xn--mnchen-3ya.example/client.json",
    "https://my-client.example/a..b/.well-known/...",
    "https://client.example/a%20b",
    "https://client.xn--p1ai/client",
    `https://client.example/${"x".repeat(489)}`,
    `https://${`${"a".repeat(63)}.`.repeat(3)}${"b".repeat(61)}/c`,
  ])("CLI-4 lets %s be fetched", (url) => {
    expect(fetchUrlFault(url)).toBeUndefined();
  });

  it.each([
    // Other schemes.
    ["http://client.example/client.json", "https URL"],
    ["HTTPS://client.example/client.json", "https URL"],
    ["file:///etc/passwd", "https URL"],
    ["ftp://client.example/c", "https URL"],
    ["gopher://client.example/_x", "https URL"],
    ["javascript:alert(1)", "https URL"],
    ["data:application/json,{}", "https URL"],
    ["//client.example/c", "https URL"],
    ["https:client.example/c", "https URL"],
    ["https:/client.example/c", "https URL"],
    ["https:\\\\client.example\\c", "https URL"],
    [" https://client.example/c", "https URL"],
    ["https://client.example/c\n", "https URL"],
    ["https://client.example/c\r\nHost: x", "https URL"],
    ["https://client.example/\u0000", "https URL"],
    ["https://client.example/ü", "https URL"],
    ["", "https URL"],
    // Addresses, in every spelling.
    ["https://127.0.0.1/c", "DNS name"],
    ["https://169.254.169.254/metadata/instance", "DNS name"],
    ["https://10.0.0.1/c", "DNS name"],
    ["https://8.8.8.8/c", "DNS name"],
    ["https://2130706433/c", "DNS name"],
    ["https://0x7f000001/c", "DNS name"],
    ["https://0x7f.0x0.0x0.0x1/c", "DNS name"],
    ["https://0177.0.0.1/c", "DNS name"],
    ["https://127.1/c", "DNS name"],
    ["https://127.0.0.1./c", "DNS name"],
    ["https://[::1]/c", "DNS name"],
    ["https://[::ffff:127.0.0.1]/c", "DNS name"],
    ["https://[64:ff9b::7f00:1]/c", "DNS name"],
    ["https://[fe80::1%25eth0]/c", "DNS name"],
    // Names that are not public, or not plain.
    ["https://localhost/c", "DNS name"],
    ["https://metadata/c", "DNS name"],
    ["https://app.localhost/c", "not public"],
    ["https://localhost.localdomain/c", "not public"],
    ["https://printer.local/c", "not public"],
    ["https://metadata.google.internal/c", "not public"],
    ["https://vm.internal.cloudapp.net./c", "DNS name"],
    ["https://router.home.arpa/c", "not public"],
    ["https://x.intranet/c", "not public"],
    ["https://nas.lan/c", "not public"],
    ["https://abc.onion/c", "not public"],
    ["https://CLIENT.example/c", "DNS name"],
    ["https://client.example./c", "DNS name"],
    ["https://.client.example/c", "DNS name"],
    ["https://client..example/c", "DNS name"],
    ["https://-client.example/c", "DNS name"],
    ["https://my_client.example/c", "DNS name"],
    ["https://client%2eexample/c", "DNS name"],
    ["https://%6cocalhost/c", "DNS name"],
    ["https://*.example/c", "DNS name"],
    ["https:///c", "DNS name"],
    ["https://client.example,localhost/c", "DNS name"],
    [`https://${"a".repeat(64)}.example/c`, "DNS name"],
    [`https://${"a.".repeat(127)}example/c`, "DNS name"],
    [`https://${`${"a".repeat(63)}.`.repeat(3)}${"b".repeat(62)}/c`, "DNS name"],
    // Ports and user information.
    ["https://client.example:443/c", "a port"],
    ["https://client.example:8443/c", "a port"],
    ["https://client.example:22/c", "a port"],
    ["https://client.example:/c", "a port"],
    ["https://user@client.example/c", "user information"],
    ["https://user:password@client.example/c", "user information"],
    ["https://client.example@127.0.0.1/c", "user information"],
    ["https://@client.example/c", "user information"],
    // Fragments, queries, paths.
    ["https://client.example/c#", "fragment"],
    ["https://client.example/c#a", "fragment"],
    ["https://client.example/#/c", "fragment"],
    ["https://client.example/echo?client_id=x", "query"],
    ["https://client.example/c?", "query"],
    ["https://client.example", "no path"],
    ["https://client.example/", "no path"],
    ["https://client.example/../c", "dot segments"],
    ["https://client.example/a/./c", "dot segments"],
    ["https://client.example/a/..", "dot segments"],
    ["https://client.example/a/%2e%2e/c", "dot segments"],
    ["https://client.example/%2E/c", "dot segments"],
    ["https://client.example/.%2e/c", "dot segments"],
    ["https://client.example/%zz", "malformed escape"],
    ["https://client.example/a%", "malformed escape"],
    ["https://client.example/%a", "malformed escape"],
    ["https://client.example/%az", "malformed escape"],
    // Size.
    [`https://client.example/${"x".repeat(490)}`, "longer than 512"],
  ])("CLI-4 refuses %j: %s", (url, fault) => {
    expect(fetchUrlFault(url)).toContain(fault);
  });

  it("CLI-4 accepts no character that a parser would write otherwise: what was compared is what is fetched", () => {
    for (let code = 0; code < 0x250; code++) {
      const url = `https://client.example/a${String.fromCharCode(code)}b`;
      if (fetchUrlFault(url) === undefined) expect(new URL(url).href).toBe(url);
    }
  });
});
