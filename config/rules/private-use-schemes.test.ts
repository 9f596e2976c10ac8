import { describe, expect, it } from "vitest";
import { KNOWN_CALLBACKS, privateUseFault, redirectSchemeFault } from "./private-use-schemes.ts";

const REVERSE_DOMAINS = [
  "com.example.app:/oauth2redirect",
  "COM.Example.App:/cb",
  "com.example.app:cb",
  "io.github.someone.tool://cb",
  "de.contoso:/cb",
  "dev.warp.stable:/cb",
  "com.raycast:/oauth?package_name=Extension",
  "com.googleusercontent.apps.1-abc:/oauth2redirect",
  "com.openai.chat://callback",
  "ai.example.app:/cb",
];

const KNOWN = [
  "cursor://anysphere.cursor-mcp/oauth/callback",
  "CURSOR://anysphere.cursor-mcp/oauth/callback",
  "cursor://anysphere.cursor-retrieval/oauth/user-graph/callback",
  "vscode://saoudrizwan.claude-dev/mcp-auth/callback/0a1b2c",
  "windsurf://saoudrizwan.claude-dev/mcp-auth/callback/0a1b2c",
  "vscode-insiders://vscode.github-authentication/did-authenticate",
  "claude://claude.ai/mcp-auth-callback/sdk",
  "raycast://oauth?package_name=mcp_server_graph_(dev)",
  "warp://mcp/oauth2callback",
  "warp://mcp/oauth2callback?server_id=65aebdca-613a-4b60-97d3-92548673bd03",
  "workbuddy://workbuddy/mcp/connector%3Agraph/oauth/callback",
];

/** They open a web site, a document or an installer, or are a part of the system. */
const OPENERS = [
  "microsoft-edge:https://evil.example",
  "microsoft-edge-holographic:https://evil.example",
  "googlechrome:https://evil.example",
  "googlechromes://evil.example",
  "googlechrome-x-callback://x-callback-url/open",
  "firefox://open-url?url=https://evil.example",
  "firefox-focus://open-url?url=https://evil.example",
  "brave://open-url?url=https://evil.example",
  "opera-http://evil.example",
  "touch-https://evil.example",
  "x-safari-https://evil.example",
  "x-web-search://?evil",
  "web+evil://cb",
  "WEB+Evil://cb",
  "ext+evil:cb",
  "intent://scan/",
  "android-app://com.evil.app",
  "market://details",
  "ms-appinstaller:?source=https://evil.example/a.appx",
  "ms-word:ofe|u|https://evil.example/a.docx",
  "MS-Excel:ofe",
  "ms-settings:privacy",
  "ms-windows-store://pdp/",
  "microsoft.windows.camera:",
  "search-ms:query=a",
  "onenote:https://evil.example",
  "com.microsoft.3dviewer:a",
  "x-apple.systempreferences:a",
  "itms-services://?action=download-manifest",
  "itms-appss://apps.apple.com/a",
  "macappstores://apps.apple.com/a",
  "steam://install/1",
  "vnd.libreoffice.command:ofe",
  "vnd.youtube:a",
  "shortcuts://import-shortcut?url=https://evil.example",
  "smb://evil.example/share",
  "javascript:alert(1)",
  "data:text/html,x",
];

/** Nobody knows what opens them, or they are a known client's and lead elsewhere in it. */
const UNKNOWN = [
  "acme://cb",
  "app://cb",
  "operator-app://cb",
  "claude+mcp.v2-beta://cb",
  "cursor://anysphere.cursor-deeplink/mcp/install?name=x&config=e30",
  "cursor://anysphere.cursor-mcp.evil/oauth/callback",
  "cursor:anysphere.cursor-mcp/oauth/callback",
  "cursor://file/etc/passwd",
  "vscode://file/c:/windows/system32/calc.exe",
  "vscode://vscode.git/clone?url=https://evil.example",
  "vscode:extension/evil.extension",
  "vscode://saoudrizwan.claude-dev/task?prompt=evil",
  "vscode://vscode.github-authentication/did-authenticated",
  "claude://claude.ai/customize/plugins/new?marketplace=evil",
  "claude://claude.ai/new?q=evil",
  "goose://extension?cmd=evil",
  "lmstudio://add_mcp?name=x&config=e30",
  "kiro://kiro.mcp/add?name=x&config=e30",
  "raycast://extensions/evil/evil/evil",
  "raycast://oauth-evil",
  "warp://action/new_tab",
  "zed://oauth/callback",
  // Dotted, and no domain name in reverse order.
  "a.b:/cb",
  "example.com:/cb",
  "foo.bar:/cb",
  "x-com.example.app:/cb",
  "com..app:/cb",
  "com.:/cb",
  "com.example.:/cb",
  "com.-example:/cb",
  "com.example+evil:/cb",
  "c0m.example.app:/cb",
  // Programs of the system and of browsers.
  "com.apple.tv:/cb",
  "com.epicgames.launcher://apps/x",
  "com.unity3d.kharma:content/1",
  "com.amazon.mobile.shopping.web://client.example/x",
  "com.google.chrome:/cb",
  "org.mozilla.firefox:/cb",
  "com.microsoft.print3d:/cb",
];

describe("privateUseFault", () => {
  it.each(REVERSE_DOMAINS)("CLI-10 lets answers go to a domain name in reverse order: %s", (uri) => {
    expect(privateUseFault(uri, [])).toBeUndefined();
  });

  it.each(KNOWN)("CLI-10 lets answers go where a known client awaits them: %s", (uri) => {
    expect(privateUseFault(uri, [])).toBeUndefined();
  });

  it.each(OPENERS)("CLI-10 refuses %s to everybody, the operator included", (uri) => {
    const scheme = uri.split(":")[0]?.toLowerCase() ?? "";
    expect(privateUseFault(uri, [])).toBe(`has the scheme ${scheme}:`);
    expect(privateUseFault(uri, "any")).toBe(`has the scheme ${scheme}:`);
    expect(privateUseFault(uri, [scheme, `${scheme}://`])).toBe(`has the scheme ${scheme}:`);
    expect(redirectSchemeFault(scheme)).toBeDefined();
    expect(redirectSchemeFault(`${scheme}://oauth/callback`)).toBeDefined();
  });

  it.each(UNKNOWN)("CLI-10 refuses %s unless the operator allows it", (uri) => {
    expect(privateUseFault(uri, [])).toContain("where no known client awaits an answer");
    expect(privateUseFault(uri, "any")).toBeUndefined();
  });

  it("CLI-10 lets answers go to a scheme that the operator allows, and to a place in one", () => {
    const allowed = ["acme", "vscode://acme.agent/auth/", "goose://oauth"];
    for (const uri of [
      "acme://anything",
      "ACME:cb",
      "vscode://acme.agent/auth/callback",
      "goose://oauth",
      "goose://oauth?x=y",
      "goose://oauth/callback",
    ]) {
      expect(privateUseFault(uri, allowed)).toBeUndefined();
    }
    for (const uri of [
      "acmes://cb",
      "vscode://acme.agent/authentic",
      "vscode://acme.agent/other",
      "goose://oauth2",
      "goose://extension?cmd=evil",
    ]) {
      expect(privateUseFault(uri, allowed)).toContain("where no known client awaits an answer");
    }
  });

  it("CLI-10 knows of each known callback whose it is", () => {
    for (const { schemes, at, why } of KNOWN_CALLBACKS) {
      expect(why).toMatch(/\w{3}/);
      for (const scheme of schemes) expect(privateUseFault(`${scheme}:${at}`, [])).toBeUndefined();
    }
  });
});

describe("redirectSchemeFault", () => {
  it.each(["acme", "acme-ide", "com.apple.example", "vscode://acme.agent/callback", "goose://oauth"])(
    "CLI-10 takes %s from the operator",
    (entry) => expect(redirectSchemeFault(entry)).toBeUndefined(),
  );

  it.each([
    ["Acme", "neither"],
    ["acme:", "neither"],
    ["acme://ü", "neither"],
    ["a", "neither"],
    ["", "neither"],
    ["*", "neither"],
    ["https", "no private-use scheme"],
    ["http://localhost", "no private-use scheme"],
    ["vscode", "name the place of the callback"],
    ["cursor", "name the place of the callback"],
    ["goose", "name the place of the callback"],
  ])("CLI-10 refuses %j from the operator", (entry, fault) => {
    expect(redirectSchemeFault(entry)).toContain(fault);
  });
});
