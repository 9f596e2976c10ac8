import type { Contestant } from "../contestants.ts";
import { SignIn } from "../sign-in.ts";
import type { StandIns } from "../stand-ins.ts";
import { median } from "../statistics.ts";

export const STEPS = ["register", "authorize", "allow", "token", "refresh", "sessionToken"] as const;
export type Step = (typeof STEPS)[number];
/** Registration to tokens; what comes after is not part of it. */
const WHOLE: readonly Step[] = ["register", "authorize", "allow", "token"];

/** CPU milliseconds of the server's process for one step, by contestant; the median of the rounds. */
export type StepTimes = ReadonlyMap<string, Readonly<Partial<Record<Step | "whole", number>>>>;

/**
 * Lets the contestants sign people in by turns: in each round each of them goes through a number of sign-ins, a step of all of
 * them at a time, one after the other. The first rounds only warm up.
 */
export async function measureSteps(
  contestants: readonly Contestant[],
  standIns: StandIns,
  { rounds, warmUp, signIns }: { rounds: number; warmUp: number; signIns: number },
): Promise<StepTimes> {
  const times = new Map(contestants.map(({ name }) => [name, new Map<Step | "whole", number[]>()]));
  for (let round = 0; round < warmUp + rounds; round++) {
    // Another begins each round, so that none is always first.
    const turn = round % contestants.length;
    for (const contestant of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      const taken = await oneRound(contestant, standIns, signIns);
      if (round < warmUp) continue;
      for (const [step, time] of taken) {
        const all = times.get(contestant.name);
        all?.set(step, [...(all.get(step) ?? []), time]);
      }
    }
  }
  return new Map(
    [...times].map(([name, steps]) => [
      name,
      Object.fromEntries([...steps].map(([step, values]) => [step, median(values)])),
    ]),
  );
}

async function oneRound(
  { server, scope, hasSessionToken }: Contestant,
  { entra, users }: StandIns,
  count: number,
): Promise<ReadonlyMap<Step | "whole", number>> {
  const target = { origin: server.origin, ...(scope !== undefined && { scope }) };
  const signIns = Array.from(
    { length: count },
    (_, n) => new SignIn(target, entra, users[n % users.length] ?? ""),
  );
  const taken = new Map<Step | "whole", number>();
  for (const step of STEPS) {
    if (step === "sessionToken" && !hasSessionToken) continue;
    const before = await server.usage();
    for (const signIn of signIns) await signIn[step]();
    taken.set(step, ((await server.usage()).cpu - before.cpu) / count);
  }
  taken.set(
    "whole",
    WHOLE.reduce((sum, step) => sum + (taken.get(step) ?? 0), 0),
  );
  return taken;
}
