import { type AuthorizationServer, validateAuthResponse } from "oauth4webapi";
import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { formOf, type Page, plainText, readPage } from "../support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const EVIL_SITE = "https://evil.example";

const twin = useTwin();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

/** Expects a page and no session, and no cookie but that which takes Entra's answer out of the browser. */
async function expectNoSession(attempt: () => Promise<Page>, status = 400): Promise<void> {
  const before = await twin.cosmos.documents();
  const page = await attempt();
  expect([page.status, page.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
  const set = page.headers.getSetCookie();
  expect(set.filter((each) => !/^__Host-entra-answer-[01]=; Max-Age=0;/.test(each))).toEqual([]);
  expect(await twin.cosmos.documents()).toEqual(before);
}

describe("an Entra URL carried to another browser", () => {
  it("CAL-1 ends there, before or after the victim has signed in", async () => {
    const attacker = new Person(twin);
    const victim = new Person(twin);
    const stolen = (await attacker.askEntra(client.authorizationRequest().url)).url.href;
    await expectNoSession(async () => {
      const entra = await victim.openPage(stolen);
      return arrivedAtPage(await victim.press(entra, MIRA));
    });
  });

  it("CAL-1 ends there although the victim has a sign-in of their own under way", async () => {
    const attacker = new Person(twin);
    const victim = new Person(twin);
    await victim.askEntra(client.authorizationRequest().url);
    const stolen = (await attacker.askEntra(client.authorizationRequest().url)).url.href;
    await expectNoSession(async () => {
      const entra = await victim.openPage(stolen);
      return arrivedAtPage(await victim.press(entra, MIRA));
    });
  });

  it("CAL-1 leaves the rightful browser its own sign-in", async () => {
    const person = new Person(twin);
    const request = client.authorizationRequest();
    const entra = await person.askEntra(request.url);
    await new Person(twin).openPage(entra.url.href);
    const code = client.code(arrivedAtClient(await person.press(entra, MIRA)));
    expect((await client.redeem(request, code)).status).toBe(200);
  });
});

describe("login CSRF", () => {
  /** The attacker signs in at Entra, and keeps the answer that Entra's page would post. */
  async function answerTo(attacker: Person): Promise<Readonly<Record<string, string>>> {
    const entra = await attacker.askEntra(client.authorizationRequest().url);
    const { action, fields, buttons } = formOf(entra);
    const button = buttons.find((each) => each.label.includes("Jonas"));
    const body = new URLSearchParams({ ...fields, user: button?.value ?? "" });
    const response = await fetch(action, { method: "POST", body });
    return formOf(await readPage(action, response)).fields;
  }
  const callback = () => `${twin.origin}/callback`;

  it("CAL-1 ends when the attacker's answer is posted in the victim's browser", async () => {
    const answer = await answerTo(new Person(twin));
    expect(Object.keys(answer)).toEqual(["code", "state", "session_state"]);
    await expectNoSession(async () =>
      arrivedAtPage(await new Person(twin).postFrom(EVIL_SITE, callback(), answer)),
    );
  });

  it("CAL-1 ends when the victim has a sign-in of their own under way, which goes on", async () => {
    const answer = await answerTo(new Person(twin));
    const victim = new Person(twin);
    const request = client.authorizationRequest();
    const entra = await victim.askEntra(request.url);
    await expectNoSession(async () => arrivedAtPage(await victim.postFrom(EVIL_SITE, callback(), answer)));
    const code = client.code(arrivedAtClient(await victim.press(entra, MIRA)));
    expect((await client.redeem(request, code)).status).toBe(200);
  });

  it("CAL-1 ends when the code is put under the state of the victim's own sign-in", async () => {
    const answer = await answerTo(new Person(twin));
    const victim = new Person(twin);
    const state = (await victim.askEntra(client.authorizationRequest().url)).url.searchParams.get("state");
    const before = await twin.cosmos.documents();
    const planted = { ...answer, state: state ?? "" };
    const broughtBack = new URL(arrivedAtClient(await victim.postFrom(EVIL_SITE, callback(), planted)));
    expect(broughtBack.searchParams.get("error")).toBe("access_denied");
    expect(await twin.cosmos.documents()).toEqual(before);
  });

  it("CAL-1 CAL-4 ends when the answer is sealed elsewhere, or comes as a query", async () => {
    const attacker = new Person(twin);
    const answer = await answerTo(attacker);
    const posted = await fetch(callback(), {
      method: "POST",
      body: new URLSearchParams(answer),
      headers: { "sec-fetch-dest": "document" },
      redirect: "manual",
    });
    const [, name = "", sealed = ""] =
      /^(__Host-entra-answer-[01])=([^;]+)/.exec(posted.headers.get("set-cookie") ?? "") ?? [];
    expect(sealed).not.toBe("");
    const victim = new Person(twin);
    victim.cookies.set("localhost", name, sealed);
    const location = posted.headers.get("location") ?? "";
    await expectNoSession(async () => arrivedAtPage(await victim.openFrom(EVIL_SITE, location)));
    // Without an answer, the browser that the sign-in is of asks Entra again.
    const query = new URLSearchParams({ state: answer["state"] ?? "", code: "1.short" });
    const before = await twin.cosmos.documents();
    const asked = arrivedAtPage(await attacker.openFrom(EVIL_SITE, `${callback()}?${query}`));
    expect(asked.url.origin).toBe(twin.entra.url);
    expect(await twin.cosmos.documents()).toEqual(before);
  });
});

describe("a mix-up of issuers", () => {
  const foreign = "https://honest.example";
  const issuersOf = (broughtBack: string) => new URL(broughtBack).searchParams.getAll("iss");

  it("AUT-2 shows in every answer, whatever issuer the request or Entra's answer names", async () => {
    const person = () => new Person(twin);
    const more = `&iss=${encodeURIComponent(foreign)}`;
    const { url } = client.authorizationRequest();
    const entra = await person().askEntra(`${url}${more}`);
    expect(entra.url.searchParams.has("iss")).toBe(false);

    const atEntra = person();
    const state = (await atEntra.askEntra(url)).url.searchParams.get("state");
    const answers = [
      await person().allow(`${url}${more}`, MIRA),
      await person().deny(`${url}${more}`),
      arrivedAtClient(
        await person().open(`${client.authorizationRequest({ scope: "unheard.of" }).url}${more}`),
      ),
      arrivedAtClient(
        await atEntra.postFrom(twin.entra.url, `${twin.origin}/callback`, {
          state: state ?? "",
          error: "access_denied",
          iss: foreign,
        }),
      ),
    ];
    for (const answer of answers) expect(issuersOf(answer)).toEqual([twin.origin]);
  });

  it("AUT-2 ends at a client that checks it: no code of ours goes to the token endpoint of another", async () => {
    // The client began the sign-in with a server of the attacker's, whose metadata names our authorization endpoint.
    const attackers: AuthorizationServer = {
      issuer: foreign,
      authorization_endpoint: `${twin.origin}/authorize`,
      token_endpoint: `${foreign}/token`,
      authorization_response_iss_parameter_supported: true,
    };
    const request = client.authorizationRequest();
    const broughtBack = new URL(await new Person(twin).allow(request.url, MIRA));
    const state = broughtBack.searchParams.get("state") ?? "";
    const own = { client_id: client.id };
    const validate = (server: AuthorizationServer) =>
      validateAuthResponse(server, own, broughtBack.searchParams, state);
    expect(() => validate(attackers)).toThrow('unexpected "iss"');
    expect(() => validate({ ...attackers, issuer: twin.origin })).not.toThrow();
  });
});

describe("a flood of sign-ins that another site opens", () => {
  it("CON-4 leaves the browser few cookies, and the person a sign-in that ends well", async () => {
    const person = new Person(twin);
    const header = () =>
      person.cookies.header(new URL("/consent", twin.origin), { crossSite: false, method: "POST" }) ?? "";
    for (let tab = 0; tab < 30; tab++) await person.openFrom(EVIL_SITE, client.authorizationRequest().url);
    expect(header().length).toBeLessThan(4_096);
    const request = client.authorizationRequest();
    const entra = await person.askEntra(request.url);
    for (let tab = 0; tab < 30; tab++) await person.openFrom(EVIL_SITE, client.authorizationRequest().url);
    const code = client.code(arrivedAtClient(await person.press(entra, MIRA)));
    expect((await client.redeem(request, code)).status).toBe(200);
  });
});

describe("the flow's cookie", () => {
  const flowCookies = (person: Person) =>
    [...person.cookies.at("localhost")].filter(([name]) => name.startsWith("__Host-sign-in"));

  it("CAL-1 is bound to its own state: that of another flow does not open it", async () => {
    const person = new Person(twin);
    const [first, second] = [client.authorizationRequest(), client.authorizationRequest()];
    const entra = [await person.askEntra(first.url), await person.askEntra(second.url)] as const;
    const [one, two] = flowCookies(person);
    if (!one || !two) throw new Error("two flows have two cookies");
    person.cookies.set("localhost", one[0], two[1]);
    person.cookies.set("localhost", two[0], one[1]);
    for (const page of entra) {
      await expectNoSession(async () => arrivedAtPage(await person.press(page, MIRA)));
    }
  });

  it.each([
    ["altered", (value: string) => `${value.slice(0, -6)}AAAAAA`],
    ["cut short", (value: string) => value.slice(0, value.length / 2)],
    ["empty", () => ""],
    ["unencrypted", () => Buffer.from(JSON.stringify({ request: {}, expiresAt: 9e9 })).toString("base64url")],
    ["unprotected", () => `${Buffer.from('{"alg":"none"}').toString("base64url")}....`],
  ])("CAL-1 does not open when it is %s", async (_, forge) => {
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest().url);
    const [flow] = flowCookies(person);
    person.cookies.set("localhost", flow?.[0] ?? "", forge(flow?.[1] ?? ""));
    await expectNoSession(async () => arrivedAtPage(await person.press(entra, MIRA)));
  });

  it("CAL-1 works once", async () => {
    const person = new Person(twin);
    const request = client.authorizationRequest();
    const entra = await person.askEntra(request.url);
    const [flow] = flowCookies(person);
    client.code(arrivedAtClient(await person.press(entra, MIRA)));
    expect(flowCookies(person)).toEqual([]);
    await expectNoSession(async () => arrivedAtPage(await person.press(entra, MIRA)));

    person.cookies.set("localhost", flow?.[0] ?? "", flow?.[1] ?? "");
    const state = entra.url.searchParams.get("state");
    const used = { code: "1.used", state: state ?? "" };
    const again = await person.postFrom(twin.entra.url, `${twin.origin}/callback`, used);
    expect(new URL(arrivedAtClient(again)).searchParams.get("error")).toBe("access_denied");
  });

  it("CAL-1 does not serve as the consent form's, nor the form's as the flow's", async () => {
    const person = new Person(twin);
    const consent = await person.openPage(client.authorizationRequest().url);
    const form = formOf(consent);
    const entra = arrivedAtPage(await person.press(consent, "Allow"));
    const [flow] = flowCookies(person);
    await expectNoSession(async () =>
      arrivedAtPage(await person.send(consent, form, { transaction: flow?.[1] ?? "", decision: "allow" })),
    );
    person.cookies.set("localhost", flow?.[0] ?? "", form.fields["transaction"] ?? "");
    await expectNoSession(async () => arrivedAtPage(await person.press(entra, MIRA)));
  });
});

describe("a consent that the person did not give", () => {
  async function askedFor(person: Person): Promise<{ page: Page; cookie: string; body: URLSearchParams }> {
    const page = await person.openPage(client.authorizationRequest().url);
    const url = new URL("/consent", twin.origin);
    const cookie = person.cookies.header(url, { crossSite: false, method: "POST" }) ?? "";
    return { page, cookie, body: new URLSearchParams({ ...formOf(page).fields, decision: "allow" }) };
  }

  const ours = () => ({ origin: twin.origin, "sec-fetch-site": "same-origin" });

  it.each<[string, () => Record<string, string>]>([
    ["Origin and Sec-Fetch-Site missing", () => ({})],
    ["Origin missing", () => ({ "sec-fetch-site": "same-origin" })],
    ["Sec-Fetch-Site missing", () => ({ origin: twin.origin })],
    ["a foreign Origin", () => ({ ...ours(), origin: EVIL_SITE })],
    ["Origin null", () => ({ ...ours(), origin: "null" })],
    ["another port's Origin", () => ({ ...ours(), origin: "http://localhost:1" })],
    ["an Origin that begins like ours", () => ({ ...ours(), origin: `${twin.origin}.evil.example` })],
    ["two Origins", () => ({ ...ours(), origin: `${twin.origin}, ${EVIL_SITE}` })],
    ["Sec-Fetch-Site cross-site", () => ({ ...ours(), "sec-fetch-site": "cross-site" })],
    ["Sec-Fetch-Site same-site", () => ({ ...ours(), "sec-fetch-site": "same-site" })],
    ["Sec-Fetch-Site none", () => ({ ...ours(), "sec-fetch-site": "none" })],
  ])("CON-3 is refused when posted with %s", async (_, headers) => {
    const { cookie, body } = await askedFor(new Person(twin));
    const before = { ...twin.entra.requests };
    const answer = await send(`${twin.origin}/consent`, {
      method: "POST",
      headers: { ...headers(), cookie },
      body,
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([403, null]);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(twin.entra.requests).toEqual(before);
  });

  it("CON-3 is taken when the browser says that the form is ours", async () => {
    const { cookie, body } = await askedFor(new Person(twin));
    const answer = await send(`${twin.origin}/consent`, {
      method: "POST",
      headers: { ...ours(), cookie },
      body,
    });
    expect(answer.status).toBe(303);
  });

  it("CON-3 is refused when the form is sent from another browser, with or without a form of its own", async () => {
    const { page } = await askedFor(new Person(twin));
    const form = formOf(page);
    const victim = new Person(twin);
    const send = () => victim.send(page, form, { ...form.fields, decision: "allow" });
    await expectNoSession(async () => arrivedAtPage(await send()));
    await victim.openPage(client.authorizationRequest().url);
    await expectNoSession(async () => arrivedAtPage(await send()));
  });

  it.each([
    ["altered", (sealed: string) => `${sealed.slice(0, -6)}AAAAAA`],
    [
      "of another header",
      (sealed: string) => sealed.replace(/^[^.]+/, Buffer.from('{"alg":"dir"}').toString("base64url")),
    ],
    ["put together by hand", () => Buffer.from('{"request":{"client":{"id":"x"}}}').toString("base64url")],
  ])("CON-3 is refused when its transaction is %s", async (_, forge) => {
    const person = new Person(twin);
    const { page } = await askedFor(person);
    const form = formOf(page);
    const fields = { transaction: forge(form.fields["transaction"] ?? ""), decision: "allow" };
    await expectNoSession(async () => arrivedAtPage(await person.send(page, form, fields)));
  });

  it("CON-3 carries nothing that a parameter beside the transaction could change", async () => {
    const person = new Person(twin);
    const { page } = await askedFor(person);
    const form = formOf(page);
    const fields = {
      ...form.fields,
      decision: "deny",
      redirect_uri: EVIL_SITE,
      state: "evil",
      client_id: "evil",
    };
    const broughtBack = arrivedAtClient(await person.send(page, form, fields));
    expect(broughtBack.startsWith(`${client.redirectUri}?`)).toBe(true);
    expect(broughtBack).not.toContain("evil");
  });

  it("CON-1 cannot be skipped: no way leads from /authorize to Entra without it", async () => {
    const before = { ...twin.entra.requests };
    const request = client.authorizationRequest();
    for (const more of ["", "&decision=allow", "&consent=true", "&prompt=login", "&transaction=x"]) {
      const page = await new Person(twin).openPage(`${request.url}${more}`);
      expect(page.status).toBe(200);
      expect(plainText(page.html)).toContain("Test client");
    }
    const byGet = await send(`${twin.origin}/consent?decision=allow`);
    expect(byGet.status).toBe(404);
    expect(twin.entra.requests).toEqual(before);
  });

  it("CON-1 cannot be skipped: /callback without a consent ends there", async () => {
    const person = new Person(twin);
    await person.openPage(client.authorizationRequest().url);
    for (const answer of [
      { code: "1.abc" },
      { code: "1.abc", state: "tout1i.AAAAAAAAAAAAAAAAAAAAAA" },
      { error: "access_denied", state: "x" },
    ]) {
      const url = `${twin.origin}/callback`;
      await expectNoSession(() => person.openPage(`${url}?${new URLSearchParams(answer)}`));
      await expectNoSession(async () => arrivedAtPage(await person.postFrom(twin.entra.url, url, answer)));
    }
  });

  it("CON-1 is asked again in the same browser, for every request", async () => {
    const person = new Person(twin);
    await client.signIn(person, MIRA);
    const other = await OAuthClient.register(twin.origin, { client_name: "Another" });
    for (const each of [client, other]) {
      expect(arrivedAtPage(await person.openFrom(EVIL_SITE, each.authorizationRequest().url)).status).toBe(
        200,
      );
    }
  });
});

describe("a page that another site embeds or reads", () => {
  it("CON-2 CON-6 allows no frame, no script, no foreign content, and is kept by no cache", async () => {
    const pages = [
      await new Person(twin).openPage(client.authorizationRequest().url),
      await new Person(twin).openPage(`${twin.origin}/callback`),
      await new Person(twin).openPage(`${twin.origin}/authorize`),
    ];
    for (const { headers, html } of pages) {
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/script-src|unsafe|form-action/);
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(html).not.toMatch(/<script|<iframe|<img|\son\w+=|src=|url\(/i);
    }
  });
});
