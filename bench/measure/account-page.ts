import { randomBytes } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import type { Contestant } from "../contestants.ts";
import { SignIn } from "../sign-in.ts";
import type { StandIns } from "../stand-ins.ts";
import { median } from "../statistics.ts";

const ROUNDS = 5;

export interface AccountPageTimes {
  readonly sessions: number;
  /** CPU milliseconds of the server's process for one page. */
  readonly cpu: number;
}

/** The account page of a person with one session, and with many: the first one's document, under other IDs. */
export async function measureAccountPage(
  { server }: Contestant,
  standIns: StandIns,
  { sessions, pages }: { sessions: number; pages: number },
): Promise<readonly AccountPageTimes[]> {
  const [one, many] = [standIns.users.length - 1, standIns.users.length - 2].map(
    (index) => new SignIn({ origin: server.origin }, standIns.entra, standIns.users[index] ?? ""),
  ) as [SignIn, SignIn];
  for (const each of [one, many]) {
    await each.whole();
    await each.account();
  }
  await copySession(standIns, many.accessToken, sessions - 1);
  const found = [
    { sessions: 1, signIn: one, cpu: [] as number[] },
    { sessions, signIn: many, cpu: [] as number[] },
  ];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { signIn, cpu } of found) {
      const before = await server.usage();
      for (let n = 0; n < pages; n++) await signIn.account();
      // The first round warms up.
      if (round > 0) cpu.push(((await server.usage()).cpu - before.cpu) / pages);
    }
  }
  return found.map(({ sessions: count, cpu }) => ({ sessions: count, cpu: median(cpu) }));
}

async function copySession({ database }: StandIns, accessToken: string, copies: number): Promise<void> {
  const [, payload = ""] = accessToken.split(".");
  const { sub, sid } = JSON.parse(Buffer.from(payload, "base64url").toString());
  const { endpoint, key, database: name } = database.access;
  const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: false } });
  const container = client.database(name).container("sessions");
  const { resource } = await container.item(sid, sub).read();
  for (let n = 0; n < copies; n++) {
    const lastUsedAt = resource.lastUsedAt - n * 60;
    await container.items.create({ ...resource, id: randomBytes(16).toString("base64url"), lastUsedAt });
  }
  client.dispose();
}
