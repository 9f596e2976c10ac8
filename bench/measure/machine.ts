import { createCipheriv, createSign, createVerify, generateKeyPairSync, randomBytes } from "node:crypto";
import { startServer } from "../server-process.ts";
import type { StandIns } from "../stand-ins.ts";
import { median } from "../statistics.ts";

/** What the machine itself takes, in CPU milliseconds each. */
export interface MachineLimits {
  readonly rs256Sign: number;
  readonly rs256Verify: number;
  /** 6 KB, about a session's Entra tokens. */
  readonly a256gcm: number;
  /** Of the process that answers. */
  readonly loopbackRequest: number;
}

const ROUNDS = 5;

export async function measureMachine(standIns: StandIns, requests: number): Promise<MachineLimits> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const text = randomBytes(600);
  const signature = createSign("sha256").update(text).sign(privateKey);
  const key = randomBytes(32);
  const record = randomBytes(6 * 1024);
  return {
    rs256Sign: cpuOf(200, () => createSign("sha256").update(text).sign(privateKey)),
    rs256Verify: cpuOf(2000, () => createVerify("sha256").update(text).verify(publicKey, signature)),
    a256gcm: cpuOf(2000, () => {
      const cipher = createCipheriv("aes-256-gcm", key, randomBytes(12));
      Buffer.concat([cipher.update(record), cipher.final(), cipher.getAuthTag()]);
    }),
    loopbackRequest: await loopback(standIns.nextPort(), requests),
  };
}

function cpuOf(times: number, work: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let n = 0; n < times; n++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / times;
  });
  return median(rounds);
}

async function loopback(port: number, requests: number): Promise<number> {
  const server = await startServer("bare.ts", port, {});
  try {
    const ask = async () => void (await (await fetch(server.origin)).text());
    for (let n = 0; n < requests; n++) await ask();
    const before = await server.usage();
    for (let n = 0; n < requests; n++) await ask();
    return ((await server.usage()).cpu - before.cpu) / requests;
  } finally {
    await server.stop();
  }
}
