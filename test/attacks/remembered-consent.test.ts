import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import type { Page } from "../support/page.ts";
import { formOf } from "../support/page.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const EVIL_SITE = "https://evil.example";
const REDIRECT_URI = "https://client.example/callback";

const twin = useOwnTwin({ consent: { remember: { approvals: 86_400, denials: 86_400 } } });
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin, { redirect_uris: [REDIRECT_URI] });
});

const requestOf = (asking: OAuthClient) => asking.authorizationRequest({ resource: twin.mcpUrl });

/** A person whose browser remembers that they allow the client. */
async function whoRemembers(): Promise<Person> {
  const person = new Person(twin);
  const page = arrivedAtPage(await person.open(requestOf(client).url));
  const form = formOf(page);
  await person.send(page, form, { ...form.fields, decision: "allow", remember: "yes" });
  return person;
}

const isAsked = (page: Page) =>
  formOf(page)
    .buttons.map(({ value }) => value)
    .join() === "allow,deny";

describe("a remembered approval", () => {
  it("CON-5 spares the person the page when their own program opens the browser", async () => {
    const person = await whoRemembers();
    const page = arrivedAtPage(await person.open(requestOf(client).url));
    expect(page.url.origin).toBe(twin.entra.url);
  });

  it("CON-5 does not let another site finish its own request in the person's name (GHSA-6x8h-498w-gv8c)", async () => {
    const person = await whoRemembers();
    const attackers = requestOf(client).url;
    const page = arrivedAtPage(await person.openFrom(EVIL_SITE, attackers));
    expect(page.url.origin).toBe(twin.origin);
    expect(isAsked(page)).toBe(true);
  });

  it("CON-5 is worth nothing to another client that borrows the name", async () => {
    const person = await whoRemembers();
    const thief = await OAuthClient.register(twin.origin, { redirect_uris: [REDIRECT_URI] });
    const page = arrivedAtPage(await person.open(requestOf(thief).url));
    expect(isAsked(page)).toBe(true);
  });

  it("CON-5 opens nothing in a browser that it was copied to under another's name, nor when it is made up", async () => {
    const person = await whoRemembers();
    const [remembered] = [...person.cookies.at("localhost")].filter(([name]) => name.includes("decision-"));
    if (!remembered) throw new Error("the browser remembers nothing");
    const thief = await OAuthClient.register(twin.origin, { redirect_uris: [REDIRECT_URI] });
    const victim = new Person(twin);
    victim.cookies.set(
      "localhost",
      remembered[0].replace(/decision-.{22}/, `decision-${"A".repeat(22)}`),
      remembered[1],
    );
    expect(isAsked(arrivedAtPage(await victim.open(requestOf(thief).url)))).toBe(true);
    victim.cookies.set("localhost", remembered[0], "s0.allow");
    expect(isAsked(arrivedAtPage(await victim.open(requestOf(client).url)))).toBe(true);
  });
});
