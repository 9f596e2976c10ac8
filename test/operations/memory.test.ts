import { expect, it } from "vitest";
import type { InstanceMemory } from "../../twin/functions-host/rpc.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

/** `MEMORY_SIGN_INS=1000` looks further; what each sign-in may leave is the same. */
const SIGN_INS = Number(process.env["MEMORY_SIGN_INS"] ?? 300);
const WARM_UP = 100;
const AT_ONCE = 4;
const LIMIT_BYTES = 200 * 1024 * 1024;
/** What the heap may grow by with each sign-in; garbage that is not collected at once is about 5 KB. */
const LEFT_BYTES = 12 * 1024;

const twin = useOwnTwin();

async function signIn(times: number, gateway: string, id: string): Promise<void> {
  let left = times;
  const worker = async () => {
    while (left-- > 0) await new OAuthClient(gateway, id).signIn(new Person(twin), "Mira Okafor");
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function memory(): Promise<InstanceMemory> {
  const [instance] = await twin.authorizationServer.memory();
  if (!instance) throw new Error("there is no instance");
  return instance;
}

it(`leaves the authorization server's memory alone over ${SIGN_INS} sign-ins`, {
  timeout: 240_000,
}, async () => {
  const { id } = await OAuthClient.register(twin.origin);
  await signIn(WARM_UP, twin.origin, id);
  const warm = await memory();
  await signIn(SIGN_INS - WARM_UP, twin.origin, id);
  const after = await memory();
  expect(after.heapUsed - warm.heapUsed).toBeLessThan(LEFT_BYTES * (SIGN_INS - WARM_UP));
  expect(after.rss).toBeLessThan(warm.rss * 1.2);
  expect(after.rss).toBeLessThan(LIMIT_BYTES);
});
