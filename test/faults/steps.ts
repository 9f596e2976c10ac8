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
import { demand, Scene } from "./actor.ts";
import type { Attempt, Stage, StepName } from "./attempt.ts";
import { bad, ofCall, ofClient, ofPerson } from "./outcome.ts";

/** Makes an attempt at a step, with everything up. */
export async function prepare(stage: Stage, step: StepName): Promise<Attempt> {
  return preparations[step](new Scene(stage, step));
}

const preparations: Readonly<Record<StepName, (scene: Scene) => Promise<Attempt>>> = {
  async documents(scene) {
    await scene.register();
    const paths = ["oauth-protected-resource/mcp", "oauth-authorization-server", "openid-configuration"];
    return scene.attempt(
      async () => {
        const urls = [...paths.map((path) => `/.well-known/${path}`), "/jwks"];
        const outcomes = await Promise.all(
          urls.map(async (path) => ofClient(await send(`${scene.gateway}${path}`))),
        );
        const texts = new Set(outcomes.map(({ text }) => text));
        return { text: [...texts].join(" and "), good: outcomes.every((outcome) => outcome.good) };
      },
      async () => undefined,
    );
  },

  async register(scene) {
    let client: OAuthClient | undefined;
    return scene.attempt(
      async () => {
        const answer = await scene.postRegistration();
        if (answer.status === 201) {
          scene.registered(answer.json);
          client = scene.client;
        }
        return ofClient(answer, 201);
      },
      async () => {
        if (!client) throw new Error("register: never answered 201");
        await scene.signIn();
        demand(await scene.manage("GET"), 200, "reading the registration");
      },
    );
  },

  async authorize(scene) {
    await scene.register();
    const { url } = scene.authorizationRequest();
    const person = scene.person();
    return scene.attempt(
      async () => ofPerson(await person.open(url), "Allow"),
      async () => void (await scene.signIn()),
    );
  },

  async consent(scene) {
    await scene.register();
    const person = scene.person();
    const page = await person.openPage(scene.authorizationRequest().url);
    return scene.attempt(
      async () => ofPerson(await person.press(page, "Allow"), scene.user),
      async () => void (await scene.signIn()),
    );
  },

  async "entra-answer"(scene) {
    await scene.register();
    const person = scene.person();
    const request = scene.authorizationRequest();
    const answer = await answerOfEntra(scene, await person.askEntra(request.url));
    return comingBack(scene, person, request, () =>
      person.postFrom(scene.stage.entraUrl, `${scene.gateway}/callback`, answer),
    );
  },

  async callback(scene) {
    await scene.register();
    const person = scene.person();
    const request = scene.authorizationRequest();
    const answer = await answerOfEntra(scene, await person.askEntra(request.url));
    scene.marks.add(answer["state"] ?? "");
    const url = new URL(`${scene.gateway}/callback`);
    let location = "";
    const post = async () => {
      const headers = { "sec-fetch-dest": "document", "sec-fetch-site": "cross-site" };
      const body = new URLSearchParams(answer);
      const posted = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
      person.cookies.store(url, posted.headers);
      location = posted.headers.get("location") ?? "";
    };
    await post();
    return comingBack(scene, person, request, async () => {
      // What the first step gives the browser lives for a minute, and other cells may come before this one.
      const names = [...person.cookies.at(url.hostname).keys()];
      if (!names.some((name) => name.startsWith("__Host-entra-answer"))) await post();
      return person.openFrom(scene.stage.entraUrl, location);
    });
  },

  async token(scene) {
    await scene.register();
    const { request, code } = await scene.authorize();
    let tokens: Tokens | undefined;
    return scene.attempt(
      async () => {
        const answer = await scene.redeem(request, code);
        if (answer.status === 200) tokens = tokensOf(answer);
        return ofClient(answer);
      },
      async () => {
        if (!tokens) {
          // What nobody got must not be there for anybody either.
          await scene.checkSessions(0);
          return scene.checkTokens(await scene.signIn());
        }
        await scene.checkTokens(tokens);
        await scene.checkSessions(1);
        demand(await scene.redeem(request, code), 400, "redeeming the code once more", "invalid_grant");
        await scene.checkSessions(0);
      },
    );
  },

  async "call, not cached"(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    return scene.attempt(
      async () => ofCall(await scene.call(tokens.accessToken)),
      async () => {
        await scene.checkTokens(tokens);
        await scene.checkSessions(1);
      },
    );
  },

  async "call, cached"(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    demand(await scene.call(tokens.accessToken), 200, "the first call");
    return scene.attempt(
      async () => ofCall(await scene.call(tokens.accessToken)),
      async () => {
        await scene.checkTokens(tokens);
        await scene.checkSessions(1);
      },
    );
  },

  refresh: (scene) => refreshing(scene, 0),

  "token for a second server": (scene) => refreshing(scene, 1),

  async revoke(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    demand(await scene.call(tokens.accessToken), 200, "the first call");
    return scene.attempt(
      async () => ofClient(await scene.client.revoke(tokens.refreshToken)),
      async () => {
        await scene.checkSessions(0);
        const { refreshToken } = tokens;
        demand(
          await scene.client.refresh(refreshToken),
          400,
          "a refresh after the revocation",
          "invalid_grant",
        );
        demand(await scene.call(tokens.accessToken), 401, "a call after the revocation");
        await scene.signIn();
      },
    );
  },

  async introspect(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    return scene.attempt(
      async () => {
        const answer = await send(`${scene.gateway}/introspect`, {
          method: "POST",
          headers: { authorization: scene.stage.introspection },
          body: new URLSearchParams({ token: tokens.accessToken }),
        });
        // "active: false" would have the server turn away somebody whose session stands.
        if (answer.status === 200 && answer.json["active"] !== true) return bad("200 not active");
        return ofClient(answer);
      },
      () => scene.checkTokens(tokens),
    );
  },

  async "read registration"(scene) {
    await scene.register();
    return scene.attempt(
      async () => ofClient(await scene.manage("GET")),
      async () => void (await scene.signIn()),
    );
  },

  async "update registration"(scene) {
    await scene.register();
    const client_name = `${scene.name}, renamed`;
    return scene.attempt(
      async () => ofClient(await scene.manage("PUT", { client_name })),
      async () => {
        const { json } = await scene.manage("GET");
        if (json["client_name"] !== client_name) throw new Error("update registration: it was not kept");
        await scene.signIn();
      },
    );
  },

  async "delete registration"(scene) {
    await scene.register();
    return scene.attempt(
      async () => ofClient(await scene.manage("DELETE"), 204),
      async () => {
        demand(await scene.manage("GET"), 401, "reading the registration");
        const outcome = ofPerson(await scene.person().open(scene.authorizationRequest().url), "Allow");
        if (outcome.text !== "page 400")
          throw new Error(`delete registration: /authorize gives ${outcome.text}`);
      },
    );
  },
};

async function refreshing(scene: Scene, server: 0 | 1): Promise<Attempt> {
  await scene.register();
  const { refreshToken } = await scene.signIn();
  let tokens: Tokens | undefined;
  const resource = scene.stage.servers[server];
  return scene.attempt(
    async () => {
      const answer = await scene.client.refresh(refreshToken, { resource });
      if (answer.status === 200) tokens = tokensOf(answer);
      return ofClient(answer);
    },
    async () => {
      if (!tokens) throw new Error(`${scene.step}: the session was lost`);
      if (decodeJwt(tokens.accessToken).aud !== resource) throw new Error(`${scene.step}: another audience`);
      await scene.checkTokens(tokens, server);
      await scene.checkSessions(1);
    },
  );
}

/** A person comes back from Entra. @param come sends what their browser sends */
function comingBack(
  scene: Scene,
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
  return scene.attempt(
    async () => arrive(await come()),
    async () => {
      if (!arrived) throw new Error(`${scene.step}: no code ever came`);
      const redeemed = await scene.redeem(request, scene.client.code(arrived));
      demand(redeemed, 200, "redeeming the code");
      await scene.checkTokens(tokensOf(redeemed));
      const redeemedSessions = (await scene.sessions()).filter(({ refresh }) => refresh !== undefined);
      if (redeemedSessions.length !== 1)
        throw new Error(`${scene.step}: ${redeemedSessions.length} sessions`);
    },
    async () => {
      // A browser that reloads what a form was answered with sends the form again.
      const reloaded = stranded ? arrive(await come()) : undefined;
      if (reloaded?.good) return reloaded;
      request = scene.authorizationRequest();
      const anew = arrive(await person.press(await person.askEntra(request.url), scene.user));
      return reloaded ? { ...anew, text: `${reloaded.text}, then ${anew.text}` } : anew;
    },
  );
}

/** Signs in at Entra, whose page posts nothing yet. @returns what it would post */
async function answerOfEntra(scene: Scene, page: Page): Promise<Readonly<Record<string, string>>> {
  const { action, fields, buttons } = formOf(page);
  const button = buttons.find(({ label }) => label.includes(scene.user));
  if (!button) throw new Error(`nobody named ${scene.user} at Entra`);
  const body = new URLSearchParams({ ...fields, [button.name]: button.value });
  const answer = formOf(await readPage(action, await fetch(action, { method: "POST", body }))).fields;
  if (!answer["code"]) throw new Error("Entra gave no code");
  scene.marks.add(answer["code"]);
  return answer;
}
