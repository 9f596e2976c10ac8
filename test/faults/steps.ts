import { decodeJwt } from "jose";
import {
  type AuthorizationRequest,
  type OAuthClient,
  send,
  type Tokens,
  tokensOf,
} from "../support/oauth-client.ts";
import { formOf, type Page, readPage } from "../support/page.ts";
import type { Arrival, Person } from "../support/person.ts";
import { Actor, demand } from "./actor.ts";
import type { Attempt, StepName, Testbed } from "./attempt.ts";
import { bad, ofCall, ofClient, ofPerson } from "./outcome.ts";

/** Makes an attempt at a step, with everything up. */
export async function prepare(testbed: Testbed, step: StepName): Promise<Attempt> {
  return preparations[step](new Actor(testbed, step));
}

const preparations: Readonly<Record<StepName, (actor: Actor) => Promise<Attempt>>> = {
  async documents(actor) {
    await actor.register();
    const paths = ["oauth-protected-resource/mcp", "oauth-authorization-server", "openid-configuration"];
    return actor.attempt(
      async () => {
        const urls = [...paths.map((path) => `/.well-known/${path}`), "/jwks"];
        const outcomes = await Promise.all(
          urls.map(async (path) => ofClient(await send(`${actor.gateway}${path}`))),
        );
        const texts = new Set(outcomes.map(({ text }) => text));
        return { text: [...texts].join(" and "), good: outcomes.every((outcome) => outcome.good) };
      },
      async () => undefined,
    );
  },

  async register(actor) {
    let client: OAuthClient | undefined;
    return actor.attempt(
      async () => {
        const answer = await actor.postRegistration();
        if (answer.status === 201) {
          actor.registered(answer.json);
          client = actor.client;
        }
        return ofClient(answer, 201);
      },
      async () => {
        if (!client) throw new Error("register: never answered 201");
        await actor.signIn();
        demand(await actor.manage("GET"), 200, "reading the registration");
      },
    );
  },

  async authorize(actor) {
    await actor.register();
    const { url } = actor.authorizationRequest();
    const person = actor.person();
    return actor.attempt(
      async () => ofPerson(await person.open(url), "Allow"),
      async () => void (await actor.signIn()),
    );
  },

  async consent(actor) {
    await actor.register();
    const person = actor.person();
    const page = await person.openPage(actor.authorizationRequest().url);
    return actor.attempt(
      async () => ofPerson(await person.press(page, "Allow"), actor.user),
      async () => void (await actor.signIn()),
    );
  },

  async "entra-answer"(actor) {
    await actor.register();
    const person = actor.person();
    const request = actor.authorizationRequest();
    const answer = await answerOfEntra(actor, await person.askEntra(request.url));
    return comingBack(actor, person, request, () =>
      person.postFrom(actor.testbed.entraUrl, `${actor.gateway}/callback`, answer),
    );
  },

  async callback(actor) {
    await actor.register();
    const person = actor.person();
    const request = actor.authorizationRequest();
    const answer = await answerOfEntra(actor, await person.askEntra(request.url));
    actor.marks.add(answer["state"] ?? "");
    const url = new URL(`${actor.gateway}/callback`);
    let location = "";
    const post = async () => {
      const headers = { "sec-fetch-dest": "document", "sec-fetch-site": "cross-site" };
      const body = new URLSearchParams(answer);
      const posted = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
      person.cookies.store(url, posted.headers);
      location = posted.headers.get("location") ?? "";
    };
    await post();
    return comingBack(actor, person, request, async () => {
      // What the first step gives the browser lives for a minute, and other cells may come before this one.
      const names = [...person.cookies.at(url.hostname).keys()];
      if (!names.some((name) => name.startsWith("__Host-entra-answer"))) await post();
      return person.openFrom(actor.testbed.entraUrl, location);
    });
  },

  async token(actor) {
    await actor.register();
    const { request, code } = await actor.authorize();
    let tokens: Tokens | undefined;
    return actor.attempt(
      async () => {
        const answer = await actor.redeem(request, code);
        if (answer.status === 200) tokens = tokensOf(answer);
        return ofClient(answer);
      },
      async () => {
        if (!tokens) {
          // What nobody got must not be there for anybody either.
          await actor.checkSessions(0);
          return actor.checkTokens(await actor.signIn());
        }
        await actor.checkTokens(tokens);
        await actor.checkSessions(1);
        demand(await actor.redeem(request, code), 400, "redeeming the code once more", "invalid_grant");
        await actor.checkSessions(0);
      },
    );
  },

  async "call, not cached"(actor) {
    await actor.register();
    const tokens = await actor.signIn();
    return actor.attempt(
      async () => ofCall(await actor.call(tokens.accessToken)),
      async () => {
        await actor.checkTokens(tokens);
        await actor.checkSessions(1);
      },
    );
  },

  async "call, cached"(actor) {
    await actor.register();
    const tokens = await actor.signIn();
    demand(await actor.call(tokens.accessToken), 200, "the first call");
    return actor.attempt(
      async () => ofCall(await actor.call(tokens.accessToken)),
      async () => {
        await actor.checkTokens(tokens);
        await actor.checkSessions(1);
      },
    );
  },

  refresh: (actor) => refreshing(actor, 0),

  "token for a second server": (actor) => refreshing(actor, 1),

  async revoke(actor) {
    await actor.register();
    const tokens = await actor.signIn();
    demand(await actor.call(tokens.accessToken), 200, "the first call");
    return actor.attempt(
      async () => ofClient(await actor.client.revoke(tokens.refreshToken)),
      async () => {
        await actor.checkSessions(0);
        const { refreshToken } = tokens;
        demand(
          await actor.client.refresh(refreshToken),
          400,
          "a refresh after the revocation",
          "invalid_grant",
        );
        demand(await actor.call(tokens.accessToken), 401, "a call after the revocation");
        await actor.signIn();
      },
    );
  },

  async introspect(actor) {
    await actor.register();
    const tokens = await actor.signIn();
    return actor.attempt(
      async () => {
        const answer = await send(`${actor.gateway}/introspect`, {
          method: "POST",
          headers: { authorization: actor.testbed.introspection },
          body: new URLSearchParams({ token: tokens.accessToken }),
        });
        // "active: false" would have the server turn away somebody whose session stands.
        if (answer.status === 200 && answer.json["active"] !== true) return bad("200 not active");
        return ofClient(answer);
      },
      () => actor.checkTokens(tokens),
    );
  },

  async "read registration"(actor) {
    await actor.register();
    return actor.attempt(
      async () => ofClient(await actor.manage("GET")),
      async () => void (await actor.signIn()),
    );
  },

  async "update registration"(actor) {
    await actor.register();
    const client_name = `${actor.name}, renamed`;
    return actor.attempt(
      async () => ofClient(await actor.manage("PUT", { client_name })),
      async () => {
        const { json } = await actor.manage("GET");
        if (json["client_name"] !== client_name) throw new Error("update registration: it was not kept");
        await actor.signIn();
      },
    );
  },

  async "delete registration"(actor) {
    await actor.register();
    return actor.attempt(
      async () => ofClient(await actor.manage("DELETE"), 204),
      async () => {
        demand(await actor.manage("GET"), 401, "reading the registration");
        const outcome = ofPerson(await actor.person().open(actor.authorizationRequest().url), "Allow");
        if (outcome.text !== "page 400")
          throw new Error(`delete registration: /authorize gives ${outcome.text}`);
      },
    );
  },
};

async function refreshing(actor: Actor, server: 0 | 1): Promise<Attempt> {
  await actor.register();
  const { refreshToken } = await actor.signIn();
  let tokens: Tokens | undefined;
  const resource = actor.testbed.servers[server];
  return actor.attempt(
    async () => {
      const answer = await actor.client.refresh(refreshToken, { resource });
      if (answer.status === 200) tokens = tokensOf(answer);
      return ofClient(answer);
    },
    async () => {
      if (!tokens) throw new Error(`${actor.step}: the session was lost`);
      if (decodeJwt(tokens.accessToken).aud !== resource) throw new Error(`${actor.step}: another audience`);
      await actor.checkTokens(tokens, server);
      await actor.checkSessions(1);
    },
  );
}

/** A person comes back from Entra. @param come sends what their browser sends */
function comingBack(
  actor: Actor,
  person: Person,
  first: AuthorizationRequest,
  come: () => Promise<Arrival>,
): Attempt {
  let request = first;
  let arrived: string | undefined;
  let stranded: Page | undefined;
  const arrive = (arrival: Arrival) => {
    const outcome = ofPerson(arrival, "");
    stranded = "page" in arrival ? arrival.page : undefined;
    if ("atClient" in arrival && outcome.good) arrived = arrival.atClient;
    return outcome;
  };
  return actor.attempt(
    async () => arrive(await come()),
    async () => {
      if (!arrived) throw new Error(`${actor.step}: no code ever came`);
      const redeemed = await actor.redeem(request, actor.client.code(arrived));
      demand(redeemed, 200, "redeeming the code");
      await actor.checkTokens(tokensOf(redeemed));
      const redeemedSessions = (await actor.sessions()).filter(({ refresh }) => refresh !== undefined);
      if (redeemedSessions.length !== 1)
        throw new Error(`${actor.step}: ${redeemedSessions.length} sessions`);
    },
    async () => {
      // A browser that reloads what a form was answered with sends the form again.
      const reloaded = stranded ? arrive(await come()) : undefined;
      if (reloaded?.good) return reloaded;
      request = actor.authorizationRequest();
      const anew = arrive(await person.press(await person.askEntra(request.url), actor.user));
      return reloaded ? { ...anew, text: `${reloaded.text}, then ${anew.text}` } : anew;
    },
  );
}

/** Signs in at Entra, whose page posts nothing yet. @returns what it would post */
async function answerOfEntra(actor: Actor, page: Page): Promise<Readonly<Record<string, string>>> {
  const { action, fields, buttons } = formOf(page);
  const button = buttons.find(({ label }) => label.includes(actor.user));
  if (!button) throw new Error(`nobody named ${actor.user} at Entra`);
  const body = new URLSearchParams({ ...fields, [button.name]: button.value });
  const answer = formOf(await readPage(action, await fetch(action, { method: "POST", body }))).fields;
  if (!answer["code"]) throw new Error("Entra gave no code");
  actor.marks.add(answer["code"]);
  return answer;
}
