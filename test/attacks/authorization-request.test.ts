import { describe, expect, it } from "vitest";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { linksOf, plainText } from "../support/page.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const WEB_CALLBACK = "https://app.example/callback";

const twin = useTwin();

describe("an open redirect", () => {
  it.each([
    "https://app.example/callback/",
    "https://app.example/callback/../evil",
    "https://app.example/callback%2f..%2fevil",
    "https://app.example/callback?next=https://evil.example",
    "https://app.example/callback#evil",
    "https://app.example.evil.example/callback",
    "https://app.example@evil.example/callback",
    "https://evil.example/callback",
    "https://evil.example\\@app.example/callback",
    "https://APP.example/callback",
    "HTTPS://app.example/callback",
    "https://app.example:443/callback",
    "https://app.example:8443/callback",
    "http://app.example/callback",
    "//app.example/callback",
    "https:/app.example/callback",
    "https:app.example/callback",
    " https://app.example/callback",
    "https://app.example/callback ",
    "https://app.example/callback\u0000",
    "https://app.example/callback\r\nlocation: https://evil.example",
    "https://app.ex\u0430mple/callback",
    "https://app\t.example/callback",
    "https://app.example/call\tback",
    "https://app.example\t@evil.example/callback",
    "https://app.example%40evil.example/callback",
    "https://app.example%2eevil.example/callback",
    "https://app.example%2fcallback",
    "https://app%2eexample/callback",
    "https://evil.example%23@app.example/callback",
    "https://evil.example/callback?https://app.example/callback",
    "https://app/callback",
    "https://app.example./callback",
    "https://app\u3002example/callback",
    "https://xn--app-exmple-7ya/callback",
    "https://xn--pp-xka.example/callback",
    "https:///app.example/callback",
    "https:\\\\app.example\\callback",
    "https://app.example\\callback",
    "https://app.example:443@evil.example/callback",
    "https://app.example:0443/callback",
    "https://app.example:/callback",
    "https://app.example/callback;x=y",
    "https://app.example/%63allback",
    "https://app.example//callback",
    "https://app.example/.//callback",
    "https://app.example/callback?",
    "http://127.0.0.1.evil.example/callback",
    "http://localhost/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "javascript:alert(1)//https://app.example/callback",
    "data:text/html,<script>alert(1)</script>",
    "about:blank",
    "",
    "null",
  ])("CLI-6 AUT-2 leads nowhere with redirect_uri=%j", async (redirectUri) => {
    const client = await OAuthClient.register(twin.origin, {
      redirect_uris: [WEB_CALLBACK, "https://other.example/callback"],
    });
    const request = client.authorizationRequest({ redirect_uri: redirectUri });
    const answer = await send(request.url);
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.text).not.toContain("evil.example");
  });

  it.each([
    ["http://localhost/callback", "http://localhost:54321/callback", true],
    ["http://127.0.0.1:1234/", "http://127.0.0.1:54321/", true],
    ["http://[::1]/callback", "http://[::1]:54321/callback", true],
    ["http://localhost/callback", "http://127.0.0.1/callback", false],
    ["http://localhost/callback", "http://localhost:80@evil.example/callback", false],
    ["http://localhost/callback", "http://localhost:54321@evil.example:80/callback", false],
    ["http://localhost/callback", "http://localhost\\.evil.example/callback", false],
    ["http://localhost/callback", "http://localhost:1234/callback/:54321", false],
    ["http://localhost/callback", "http://localhost:54321%2fcallback", false],
    ["http://localhost/callback", "http://localhost%00.evil.example/callback", false],
    ["http://localhost/callback", "http://localhost./callback", false],
    ["http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback", false],
    ["http://127.0.0.1/callback", "http://127.0.0.1.nip.io:54321/callback", false],
    ["http://127.0.0.1/callback", "http://127.1:54321/callback", false],
    ["http://127.0.0.1/callback", "http://2130706433:54321/callback", false],
    ["http://127.0.0.1/callback", "http://0x7f.0.0.1:54321/callback", false],
    ["http://127.0.0.1/callback", "http://127.0.0.2:54321/callback", false],
    ["http://[::1]/callback", "http://[::ffff:127.0.0.1]:54321/callback", false],
    ["http://[::1]/callback", "http://[0:0:0:0:0:0:0:1]:54321/callback", false],
    ["http://[::1]/callback", "http://[::1].evil.example/callback", false],
    ["http://localhost/callback", "http://localhost.evil.example/callback", false],
    ["http://localhost/callback", "http://localhost:54321/callback/../evil", false],
    ["http://localhost/callback", "http://localhost:543210/callback", false],
    ["http://localhost/callback", "http://localhost:/callback", false],
    ["http://localhost/callback", "https://localhost:54321/callback", false],
    ["https://app.example/callback", "https://app.example:54321/callback", false],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback", true],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor://evil/oauth/callback", false],
  ])(
    "CLI-6 frees the port of loopback alone: registered %s, asked for %s",
    async (registered, asked, taken) => {
      const client = await OAuthClient.register(twin.origin, { redirect_uris: [registered] });
      const { status } = await send(client.authorizationRequest({ redirect_uri: asked }).url);
      expect(status).toBe(taken ? 200 : 400);
    },
  );

  it("CLI-6 brings the answer to a client with a scheme of its own", async () => {
    const scheme = "cursor://anysphere.cursor-mcp/oauth/callback";
    const client = await OAuthClient.register(twin.origin, { redirect_uris: [scheme] });
    const { request, code } = await client.authorize(new Person(twin), MIRA);
    expect((await client.redeem(request, code)).status).toBe(200);
    expect((await new Person(twin).deny(client.authorizationRequest().url)).startsWith(`${scheme}?`)).toBe(
      true,
    );
  });

  it.each([
    "microsoft-edge:https://evil.example",
    "googlechromes://evil.example",
    "web+evil://evil.example",
    "ms-appinstaller:?source=https://evil.example/a.msix",
    "ms-word:ofe%7Cu%7Chttps://evil.example/a.docx",
    "itms-services://?action=download-manifest&url=https://evil.example/a.plist",
    "x-apple.systempreferences:com.apple.preference",
    "cursor://anysphere.cursor-deeplink/mcp/install?name=evil&config=e30",
    "vscode://file/etc/passwd",
    "goose://extension?cmd=evil",
    "evil://callback",
  ])("CLI-10 does not lead to what opens a site, a document or an installer: %s", async (redirectUri) => {
    const answer = await send(`${twin.origin}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: [WEB_CALLBACK, redirectUri] }),
    });
    expect([answer.status, answer.json["error"]]).toEqual([400, "invalid_redirect_uri"]);
    expect(answer.text).not.toContain("evil.example");
  });

  it.each([WEB_CALLBACK, "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/callback"])(
    "AUT-7 leads nowhere at once by a request with a fault in it: %s",
    async (redirectUri) => {
      const client = await OAuthClient.register(twin.origin, { redirect_uris: [redirectUri] });
      for (const changes of [{ response_type: "token" }, { prompt: "none" }, { scope: "unheard.of" }]) {
        const page = await new Person(twin).openPage(client.authorizationRequest(changes).url);
        expect(page.status).toBe(400);
        expect(linksOf(page)).toEqual([expect.stringContaining(`${redirectUri}?error=`)]);
      }
    },
  );

  it("AUT-2 leads from an error page to the client's own redirect URI and nowhere else", async () => {
    const client = await OAuthClient.register(twin.origin, { redirect_uris: [WEB_CALLBACK] });
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest({ state: "https://evil.example" }).url);
    const arrival = await person.press(entra, "Tess Marlow");
    if (!("page" in arrival)) throw new Error("a page was expected");
    for (const link of linksOf(arrival.page)) expect(link.startsWith(`${WEB_CALLBACK}?`)).toBe(true);
  });
});

describe("client-supplied text", () => {
  const SCRIPTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{constructor}}",
  ];
  /** Of the attacker's: elements that our pages do not have, and handlers on elements that they have. */
  const MARKUP = /<script|<img|<[a-z][^>]*\son\w+=/i;

  it.each(SCRIPTS)("CON-6 is shown as it is: %s", async (name) => {
    const client = await OAuthClient.register(twin.origin, { client_name: name });
    const page = await new Person(twin).openPage(client.authorizationRequest().url);
    expect(page.status).toBe(200);
    expect(plainText(page.html).replaceAll('"', "'")).toContain(name.replaceAll('"', "'"));
    expect(page.title).toBe("Allow this application to use Microsoft Graph? – MCP gateway");
    expect(page.html).not.toMatch(MARKUP);
  });

  it("CON-6 loses control and direction characters, which make a name read as another", async () => {
    const client = await OAuthClient.register(twin.origin, {
      client_name: "Good\u202Eedoc\u202C\u0000\r\nApp\u200B",
    });
    const page = await new Person(twin).openPage(client.authorizationRequest().url);
    expect(plainText(page.html)).toContain("The application calls itself GoodedocApp");
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "http://app.example/", "//app.example", "https://"])(
    "CON-6 shows no website such as %s, and makes no link of any",
    async (uri) => {
      const client = await OAuthClient.register(twin.origin, {
        client_uri: uri,
        logo_uri: "https://tracker.example/logo.png",
        policy_uri: uri,
        tos_uri: uri,
      });
      const page = await new Person(twin).openPage(client.authorizationRequest().url);
      expect(page.status).toBe(200);
      expect(page.html).not.toContain("tracker.example");
      expect(page.html).not.toContain("javascript:");
      expect(linksOf(page)).toEqual([]);
    },
  );

  it.each([
    "https://login.microsoftonline.com/",
    "https://user:hunter2@good.example/",
    "https://good.example\\@evil.example/",
  ])("CON-6 shows no website that a client says it is from, on no page: %s", async (uri) => {
    const client = await OAuthClient.register(twin.origin, {
      client_uri: uri,
      redirect_uris: [WEB_CALLBACK],
    });
    const pages = [
      await new Person(twin).openPage(client.authorizationRequest().url),
      await new Person(twin).openPage(client.authorizationRequest({ response_type: "token" }).url),
    ];
    expect(pages.map(({ status }) => status)).toEqual([200, 400]);
    for (const { html } of pages)
      expect(html).not.toMatch(/microsoftonline|good\.example|evil\.example|hunter2/);
  });

  it.each(SCRIPTS)("CON-6 in scope, state or resource never becomes markup: %s", async (script) => {
    const client = await OAuthClient.register(twin.origin);
    for (const changes of [{ state: script }, { scope: `mcp.tools ${script}` }, { login_hint: script }]) {
      const { status, text } = await send(client.authorizationRequest(changes).url);
      expect(status).toBe(200);
      expect(text).not.toMatch(MARKUP);
    }
    const { text } = await send(client.authorizationRequest({ client_id: script }).url);
    expect(text).not.toContain(script);
  });
});

describe("header injection", () => {
  const INJECTED = "\r\nset-cookie: injected=1\r\nx-injected: 1\r\n\r\n<script>";

  it("AUT-1 does nothing in state, which comes back as it was", async () => {
    const client = await OAuthClient.register(twin.origin);
    const encoded = encodeURIComponent(INJECTED);
    const url = `${client.authorizationRequest({ state: undefined, response_type: "token" }).url}&state=${encoded}`;
    const answer = await send(url);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toContain(`&state=${encoded}`);
    expect(answer.headers.has("x-injected")).toBe(false);
    expect(answer.headers.getSetCookie()).toEqual([]);
    const person = new Person(twin);
    expect(
      await person.deny(`${client.authorizationRequest({ state: undefined }).url}&state=${encoded}`),
    ).toContain(`&state=${encoded}`);
  });

  it.each(["\u00e9", "\ud83d\udddd", ";", '"', "<", "%", "%0", "%zz"])(
    "AUT-1 does nothing where %j stands in state unencoded",
    async (character) => {
      const client = await OAuthClient.register(twin.origin);
      const { url } = client.authorizationRequest({ state: undefined, response_type: "token" });
      const target = Buffer.from(`${url.slice(twin.origin.length)}&state=x${character}y`).toString("latin1");
      const { status, headers } = await rawRequest(twin.origin, target);
      expect([303, 400]).toContain(status);
      if (status === 303) expect(headers.get("location")).toMatch(/^[!-~]+&state=x[!-~]+y$/);
    },
  );

  it.each([
    `http://localhost/callback${INJECTED}`,
    "http://localhost/call\r\nback",
    "http://localhost/call\tback",
    "http://localhost/callback\u0000",
    "app:/callback\r\nx-injected: 1",
    "http://localhost/caf\u00e9",
  ])("CLI-6 is refused in a redirect URI at registration: %j", async (redirectUri) => {
    const answer = await send(`${twin.origin}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: [redirectUri] }),
    });
    expect([answer.status, answer.json["error"]]).toEqual([400, "invalid_redirect_uri"]);
    expect(answer.headers.has("x-injected")).toBe(false);
  });

  it("AUT-1 does nothing in any parameter of a request that the client hears the end of", async () => {
    const client = await OAuthClient.register(twin.origin);
    const encoded = encodeURIComponent(INJECTED);
    for (const name of [
      ["response_type", "response_mode", "code_challenge", "code_challenge_method", "scope", "resource"],
      ["prompt", "request", "request_uri", "nonce", "login_hint", "claims", "id_token_hint", "made_up"],
    ].flat()) {
      for (const [url, target] of [
        [client.authorizationRequest({ [name]: undefined }).url, `&${name}=${encoded}`],
        [client.authorizationRequest({ response_type: "token" }).url, `&${encoded}=${name}`],
      ]) {
        const { status, headers } = await send(`${url}${target}`);
        expect([200, 303]).toContain(status);
        expect(headers.has("x-injected")).toBe(false);
        expect(headers.getSetCookie().join()).not.toContain("injected");
        expect(headers.get("location") ?? "").not.toMatch(/injected|<script|%3Cscript/i);
      }
    }
  });

  it("does nothing in the parameters that a challenge or an error repeats", async () => {
    const encoded = encodeURIComponent(INJECTED);
    for (const path of [
      `/mcp?${encoded}`,
      `/callback?state=${encoded}&error=${encoded}`,
      `/authorize?client_id=${encoded}`,
    ]) {
      const answer = await send(`${twin.origin}${path}`);
      expect(answer.headers.has("x-injected")).toBe(false);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.text).not.toContain("<script>");
    }
  });
});
