import { afterAll, beforeAll, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { startTestTwin, type TestTwin } from "../support/twin.ts";

const SIGN_INS = 1000;
const WARM_UP = 100;
const AT_ONCE = 4;
const LIMIT_BYTES = 200 * 1024 * 1024;

let twin: TestTwin;

beforeAll(async () => {
  twin = await startTestTwin();
});

afterAll(async () => {
  await twin?.stop();
});

async function signIn(times: number, gateway: string, id: string): Promise<void> {
  let left = times;
  const worker = async () => {
    while (left-- > 0) await new OAuthClient(gateway, id).signIn(new Person(twin), "Mira Okafor");
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function memory(): Promise<number> {
  const [instance] = await twin.authorizationServer.memory();
  return instance?.rss ?? Number.NaN;
}

it(`leaves the authorization server's memory alone over ${SIGN_INS} sign-ins`, {
  timeout: 240_000,
}, async () => {
  const { id } = await OAuthClient.register(twin.origin);
  await signIn(WARM_UP, twin.origin, id);
  const warm = await memory();
  await signIn(SIGN_INS - WARM_UP, twin.origin, id);
  const after = await memory();
  expect(after).toBeLessThan(warm * 1.2);
  expect(after).toBeLessThan(LIMIT_BYTES);
});
