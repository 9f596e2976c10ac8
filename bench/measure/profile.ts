import { startOurs } from "../contestants.ts";
import type { ProfileOfPlaces } from "../servers/profiler.ts";
import { SignIn } from "../sign-in.ts";
import type { StandIns } from "../stand-ins.ts";
import { STEPS, type Step } from "./steps.ts";

const SIGN_INS = 60;

/** Where this gateway's time goes, a step at a time, in milliseconds for one of each. */
export async function profileSteps(standIns: StandIns): Promise<ReadonlyMap<Step, ProfileOfPlaces>> {
  const server = await startOurs(standIns);
  try {
    const profiles = new Map<Step, ProfileOfPlaces>();
    // The first time warms up.
    for (let round = 0; round < 2; round++) {
      const signIns = Array.from(
        { length: SIGN_INS },
        (_, n) =>
          new SignIn(
            { origin: server.origin },
            standIns.entra,
            standIns.users[n % standIns.users.length] ?? "",
          ),
      );
      for (const step of STEPS) {
        const places = await server.profile(async () => {
          for (const signIn of signIns) await signIn[step]();
        });
        profiles.set(
          step,
          Object.fromEntries(Object.entries(places).map(([place, time]) => [place, time / SIGN_INS])),
        );
      }
    }
    return profiles;
  } finally {
    await server.stop();
  }
}
