import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { KeyError } from "../../keys/key-ring.ts";
import { FROM_ENTRA } from "../../testing/browser.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { useSessions } from "../../testing/sessions.ts";
import { Browser, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";
import { placeOf } from "./browser-state/sign-in-id.ts";

const sessions = useSessions();
let app: TestApp;
let browser: Browser;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
  browser = new Browser(app);
});

/** The longest code of Entra's that was reported has 2,319 characters. */
const codeOf = (length: number) => `1.${randomBytes(length).toString("base64url")}`.slice(0, length);
/** A `state` of ours that no browser here has a sign-in of. */
const unknownState = () => `tro90l176.${randomBytes(16).toString("base64url")}`;
/** One whose answer lies in that place. */
function stateIn(place: 0 | 1): string {
  for (;;) {
    const state = unknownState();
    if (placeOf(state) === place) return state;
  }
}

/** Posts an answer, and does not follow the redirect. */
const post = (
  body: URLSearchParams | string,
  headers: Readonly<Record<string, string>> = {},
  poster: Browser = browser,
) =>
  poster.exchange("entra-answer", "/callback", {
    method: "POST",
    body,
    headers: { ...FROM_ENTRA, ...headers },
  });
const postAnswer = (answer: Readonly<Record<string, string>>) => post(new URLSearchParams(answer));

describe("POST /callback", () => {
  it("CAL-4 leads to GET /callback with the state alone, and reads no cookie", async () => {
    const state = await browser.approve();
    const posted = await post(
      new URLSearchParams({ code: "entra-code", state, session_state: "s", id_token: "t" }),
      {},
      new Browser(app),
    );
    expect(posted.status).toBe(303);
    expect(posted.location).toBe(`${ISSUER}/callback?state=${state}`);
    expect(posted.headers.get("cache-control")).toBe("no-store");
    expect(posted.headers.get("referrer-policy")).toBe("no-referrer");
    expect(posted.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-entra-answer-[01]=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=60$/,
      ),
    ]);
  });

  it("CAL-4 carries the code sealed, and nothing else that was posted", async () => {
    const state = await browser.approve();
    const answer = {
      code: "entra-code",
      state,
      session_state: "se-st",
      id_token: "id.to.ken",
      client_info: "c-i",
    };
    const posted = await postAnswer(answer);
    const long = await postAnswer({ ...answer, id_token: "x".repeat(20_000) });
    const [cookie = "", again = ""] = [posted, long].map(({ headers }) => headers.getSetCookie()[0]);
    expect(again).toHaveLength(cookie.length);
    const parts = /=([^;]+)/.exec(cookie)?.[1]?.split(".") ?? [];
    const shown = parts.map((part) => Buffer.from(part, "base64url").toString("latin1"));
    for (const secret of ["entra-code", "se-st", "id.to.ken", "c-i"]) {
      expect(`${cookie} ${shown.join(" ")}`).not.toContain(secret);
    }
  });

  it("CAL-4 asks the store nothing, and logs nothing of an answer", async () => {
    const state = await browser.approve();
    sessions.store.operations();
    const posted = await postAnswer({ code: "entra-code", state });
    expect(sessions.store.operations()).toEqual({});
    expect(posted.lines).toEqual([]);
  });

  it.each([1, 2319, 3000, 4096])("CAL-4 brings a code of %i characters through", async (length) => {
    const code = codeOf(length);
    const asked: string[] = [];
    const finish = sessions.upstream.finishSignIn.bind(sessions.upstream);
    sessions.upstream.finishSignIn = (given, scopes) => {
      asked.push(given);
      return finish(given, scopes);
    };
    const { location } = await browser.comeBack({ code, state: await browser.approve() });
    expect(location?.searchParams.has("code")).toBe(true);
    expect(asked).toEqual([code]);
  });

  it("CAL-4 sets no cookie that a browser refuses, however long the answer, and takes all of them out again", async () => {
    for (const length of [2319, 4096, 60_000]) {
      const state = await browser.approve();
      const before = new Set(browser.cookies);
      const { headers } = await browser.comeBack({ code: codeOf(length), state });
      const set = browser.cookies.filter(
        (each) => !before.has(each) && each.startsWith("__Host-entra-answer"),
      );
      for (const cookie of set) expect(Buffer.byteLength(cookie)).toBeLessThan(4096);
      const name = (cookie: string) => cookie.split("=")[0];
      const kept = set.filter((each) => !each.endsWith("Max-Age=0")).map(name);
      const taken = headers
        .getSetCookie()
        .filter((each) => each.endsWith("Max-Age=0"))
        .map(name);
      expect(taken).toEqual(expect.arrayContaining(kept));
    }
  });

  it("CAL-4 CON-4 brings both answers through that are posted at the same moment, in any order", async () => {
    for (const reversed of [false, true]) {
      const states = [await browser.approve({ state: "one" }), await browser.approve({ state: "two" })];
      const posted = [];
      for (const state of reversed ? states.toReversed() : states) {
        posted.push(await postAnswer({ code: codeOf(2319), state }));
      }
      for (const { location } of posted) {
        const { query } = await browser.send("callback", (location ?? "").replace(ISSUER, ""));
        expect(query["code"]).toMatch(/^ac\./);
      }
    }
  });

  it("CAL-4 never pushes out a sign-in, whatever is posted, and however often", async () => {
    const state = await browser.approve();
    for (let round = 0; round < 50; round++) {
      await postAnswer({ code: codeOf(round % 2 === 0 ? 4096 : 2319), state: unknownState() });
    }
    const names = new Set(browser.cookies.map((cookie) => cookie.split("=")[0]));
    expect([...names].filter((name) => name?.startsWith("__Host-entra-answer"))).toHaveLength(2);
    const { query } = await browser.comeBack({ code: "entra-code", state });
    expect(query["code"]).toMatch(/^ac\./);
  });

  /** The sign-in goes to Entra once more, as its answer is not here, and then to the client. */
  async function expectAskedAgain(from: string): Promise<void> {
    const asked: string[] = [];
    const finish = sessions.upstream.finishSignIn.bind(sessions.upstream);
    sessions.upstream.finishSignIn = (code, scopes) => {
      asked.push(code);
      return finish(code, scopes);
    };
    const again = await browser.send("callback", from);
    expect([again.status, again.location?.origin]).toEqual([303, "https://login.example"]);
    expect(again.lines).toMatchObject([
      { event: "sign_in_asked_again", fields: { because: "answer_lost", client: app.clientId } },
    ]);
    const { query } = await browser.comeBack({ code: "entra-code", state: again.query["state"] ?? "" });
    expect(query["code"]).toMatch(/^ac\./);
    expect(asked).toEqual(["entra-code"]);
  }

  it("CAL-1 plants no answer in somebody's sign-in: an answer opens for its own state alone", async () => {
    const state = await browser.approve();
    const own = await postAnswer({ code: "attackers-code", state: stateIn(placeOf(state)) });
    expect(own.status).toBe(303);
    await expectAskedAgain(`/callback?state=${state}`);
  });

  it("CAL-1 takes a renamed answer for none", async () => {
    const state = await browser.approve();
    const other = stateIn(placeOf(state));
    await postAnswer({ code: "attackers-code", state: other });
    browser.cookies = browser.cookies.map((cookie) => {
      const [, name = "", header = "", rest = ""] = /^([^=]+-answer-[01])=([^.]+)(.*)$/.exec(cookie) ?? [];
      if (!name) return cookie;
      const claims = Buffer.from(header, "base64url").toString().replace(other, state);
      return `${name}=${Buffer.from(claims).toString("base64url")}${rest}`;
    });
    await expectAskedAgain(`/callback?state=${state}`);
  });

  it("CAL-1 has an answer end after a minute", async () => {
    const state = await browser.approve();
    await postAnswer({ code: "late-code", state });
    sessions.clock.advance(60);
    await expectAskedAgain(`/callback?state=${state}`);
  });

  it("CAL-4 takes no code from the query", async () => {
    const state = await browser.approve();
    await expectAskedAgain(`/callback?code=query-code&state=${state}`);
  });

  it("CAL-4 CON-4 asks Entra once more where the answer to another sign-in replaced one, and both end well", async () => {
    const [one, two] = [await browser.approve({ state: "one" }), await browser.approve({ state: "two" })];
    await postAnswer({ code: "c", state: one });
    const both = await postAnswer({ code: codeOf(4096), state: two });
    expect(both.headers.getSetCookie()).toHaveLength(2);
    expect((await browser.send("callback", `/callback?state=${two}`)).query["code"]).toMatch(/^ac\./);
    await expectAskedAgain(`/callback?state=${one}`);
  });

  it("CAL-4 tells the client when the answer is lost a second time, and asks Entra no third time", async () => {
    const state = await browser.approve();
    const again = await browser.send("callback", `/callback?state=${state}`);
    const ended = await browser.send("callback", `/callback?state=${again.query["state"]}`);
    expect(ended.query).toMatchObject({ error: "temporarily_unavailable", state: "s" });
    expect(ended.reasons).toEqual(["answer_lost"]);
    const late = await browser.comeBack({ code: "c", state: again.query["state"] ?? "" });
    expect([late.status, late.reasons]).toEqual([400, ["no_flow_in_this_browser"]]);
  });

  it("CAL-3 keeps Entra's number out of a description with line breaks", async () => {
    const state = await browser.approve();
    const description = "AADSTS65004: User declined to consent.\r\nTrace ID: 1\r\nTimestamp: 2";
    const { query, reasons } = await browser.comeBack({
      error: "access_denied",
      error_description: description,
      state,
    });
    expect(query).toMatchObject({
      error: "access_denied",
      error_description: "The person cancelled the sign-in.",
    });
    expect(reasons).toEqual(["entra_error access_denied AADSTS65004"]);
  });

  it.each([
    ["no state", ""],
    ["a state that is none of ours", "s"],
    ["a state with a line break", `tro90l176.${"A".repeat(22)}\n`],
    ["a state that would name another cookie", `tro90l176.${"A".repeat(21)};`],
  ])("CAL-1 refuses %s with a page, and sets no cookie", async (_, state) => {
    const { status, location, headers, lines } = await postAnswer({ code: "c", ...(state && { state }) });
    expect([status, location, headers.getSetCookie()]).toEqual([400, undefined, []]);
    expect(lines).toMatchObject([
      { fields: { endpoint: "entra-answer", error: "invalid_request", reason: "no_state_of_ours" } },
    ]);
  });

  it.each<[string, string, Readonly<Record<string, string>>, number]>([
    ["another content type", '{"state":"x"}', { "content-type": "application/json" }, 400],
    ["a form in parts", "x", { "content-type": "multipart/form-data; boundary=x" }, 400],
    ["no content type", "", { "content-type": "" }, 400],
    ["more than 64 KiB", `code=${"c".repeat(65 * 1024)}`, {}, 413],
    ["a repeated parameter", "code=a&code=b", {}, 400],
    ["a repeated state", "state=a&state=b", {}, 400],
  ])("CAL-1 refuses %s with a page, and sets no cookie", async (_, body, headers, expected) => {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const { status, location, headers: answered } = await post(body, { ...type, ...headers });
    expect([status, location, answered.getSetCookie()]).toEqual([expected, undefined, []]);
    expect(answered.get("content-type")).toMatch(/^text\/html/);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["a script", { "sec-fetch-dest": "empty" }],
    ["a frame", { "sec-fetch-dest": "iframe" }],
    ["an embedded object", { "sec-fetch-dest": "object" }],
    ["a program that does not say", { "sec-fetch-dest": "" }],
  ])("CAL-1 refuses what %s posts", async (_, headers) => {
    const state = await browser.approve();
    const posted = await post(new URLSearchParams({ code: "c", state }), headers);
    expect([posted.status, posted.headers.getSetCookie()]).toEqual([403, []]);
    expect(posted.lines).toMatchObject([{ fields: { endpoint: "entra-answer", reason: "no_navigation" } }]);
  });

  it("CAL-4 takes the answer wherever Entra's page says it is from, or does not say", async () => {
    for (const origin of ["https://login.microsoftonline.com", "https://login.live.com", "null"]) {
      const state = await browser.approve();
      const { location } = await post(new URLSearchParams({ code: "c", state }), { origin });
      expect(location).toBe(`${ISSUER}/callback?state=${state}`);
    }
  });

  it("SES-4 is an outage while there is no key to seal with", async () => {
    const state = await browser.approve();
    const working = app.dependencies;
    const dataKey = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    app.dependencies = { ...working, keys: { ...working.keys, dataKey } };
    const out = await postAnswer({ code: "c", state });
    expect([out.status, out.headers.get("retry-after"), out.headers.getSetCookie()]).toEqual([503, "5", []]);
    app.dependencies = working;
    expect((await browser.comeBack({ code: "c", state })).query["code"]).toMatch(/^ac\./);
  });
});
