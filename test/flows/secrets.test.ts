import { expect, it } from "vitest";
import { type Answer, OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { arrivedAtClient, Person } from "../support/person.ts";
import { findSecrets } from "../support/secret-search.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";

const twin = useOwnTwin({}, { recordIssued: true });
/** The store after each step: later writes replace earlier ones. */
const stored: string[] = [];
const clients: OAuthClient[] = [];
const people: Person[] = [];

async function step<T>(happening: Promise<T>): Promise<T> {
  const outcome = await happening;
  for (const { document } of await twin.cosmos.documents()) stored.push(JSON.stringify(document));
  return outcome;
}

async function newClient(metadata: Readonly<Record<string, string>> = {}): Promise<OAuthClient> {
  const client = await step(OAuthClient.register(twin.origin, metadata));
  clients.push(client);
  return client;
}

function newPerson(): Person {
  const person = new Person(twin);
  people.push(person);
  return person;
}

const refused = ({ status }: Answer) => expect(status).toBeGreaterThanOrEqual(400);

/** Register, sign in, redeem, call, refresh, replay, revoke. */
async function goodRun(): Promise<void> {
  const client = await newClient();
  const { request, code } = await step(client.authorize(newPerson(), MIRA, { resource: twin.mcpUrl }));
  const first = tokensOf(await step(client.redeem(request, code)));
  await step(client.callTool(twin.mcpUrl, first.accessToken, "get_graph_user_details"));
  const second = tokensOf(await step(client.refresh(first.refreshToken)));
  tokensOf(await step(client.refresh(first.refreshToken)));
  await step(client.callTool(twin.mcpUrl, second.accessToken, "whoami"));
  await step(client.revoke(second.refreshToken));
  refused(await step(client.callTool(twin.mcpUrl, second.accessToken, "whoami")));
}

/** The same with a secret, and without it. */
async function secretRun(): Promise<void> {
  const client = await newClient({ token_endpoint_auth_method: "client_secret_post" });
  const { request, code } = await step(client.authorize(newPerson(), MIRA));
  refused(await step(client.redeem(request, code, { client_secret: undefined })));
  refused(await step(client.redeem(request, code, { client_id: client.secret })));
  const { refreshToken } = tokensOf(await step(client.redeem(request, code)));
  const second = tokensOf(await step(client.refresh(refreshToken)));
  await step(client.revoke(second.refreshToken));
}

/** Denied by the person, cancelled at Entra, refused for want of a role. */
async function deniedRuns(): Promise<void> {
  const client = await newClient();
  await step(newPerson().deny(client.authorizationRequest().url));
  const person = newPerson();
  const cancelled = await person.press(await person.askEntra(client.authorizationRequest().url), "Cancel");
  arrivedAtClient(await step(Promise.resolve(cancelled)));
  const tess = newPerson();
  await step(tess.press(await tess.askEntra(client.authorizationRequest().url), "Tess Marlow"));
}

/** Codes and tokens used twice, by others, in the wrong place, and with wrong parameters. */
async function failedRuns(): Promise<void> {
  const client = await newClient();
  const other = await newClient();
  const { request, code } = await step(client.authorize(newPerson(), MIRA));
  refused(await step(other.redeem(request, code)));
  refused(await step(client.redeem(request, code, { code_verifier: "v".repeat(43) })));
  refused(await step(client.redeem(request, code, { redirect_uri: "http://localhost:9999/elsewhere" })));
  refused(await step(client.redeem(request, code, { grant_type: code })));
  const { accessToken, refreshToken } = tokensOf(await step(client.redeem(request, code)));
  refused(await step(client.refresh(accessToken)));
  refused(await step(other.revoke(refreshToken)));
  refused(await step(client.refresh(refreshToken, { scope: refreshToken })));
  refused(await step(client.refresh(refreshToken, { [refreshToken]: accessToken, resource: accessToken })));
  refused(await step(client.send(twin.mcpUrl, refreshToken, { secret: accessToken })));
  refused(await step(client.callTool(`${twin.mcpUrl}?access_token=${accessToken}`, undefined, "whoami")));
  await step(client.callTool(twin.mcpUrl, accessToken, accessToken));
  refused(await step(client.redeem(request, code)));
  refused(await step(client.refresh(refreshToken)));

  const thief = newPerson();
  const stolen = await newPerson().askEntra(client.authorizationRequest().url);
  await step(thief.press(stolen, MIRA));
}

it("SES-1 writes no token, code, verifier, cookie or assertion into any log line or document", async () => {
  await goodRun();
  await secretRun();
  await deniedRuns();
  await failedRuns();

  const secrets = [
    ...twin.entra.issued(),
    twin.entra.identityHeader,
    ...clients.flatMap((client) => [...client.secrets]),
    ...people.flatMap((person) => person.secrets),
  ];
  const lines = (await twin.allLogs()).map((line) => `${line.component} ${line.level} ${line.message}`);
  expect(findSecrets(secrets, lines)).toEqual([]);
  expect(findSecrets(secrets, stored)).toEqual([]);

  expect(lines.length).toBeGreaterThan(50);
  expect(stored.some((document) => document.includes('"entra":"'))).toBe(true);
  expect(stored.some((document) => document.includes('"answer":"'))).toBe(true);
});

it("finds each of them where it is", async () => {
  const [client] = clients;
  const [person] = people;
  for (const secret of [
    ...twin.entra.issued(),
    ...(client?.secrets ?? []),
    ...(person?.cookies.everyValue ?? []),
  ]) {
    expect(findSecrets([secret], [`a line with ${secret.slice(0, -2)} in it`])).not.toEqual([]);
  }
});
