import { parseArgs } from "node:util";
import { buildApps } from "../functions/build.ts";
import { type Contestant, OURS, startContestants } from "./contestants.ts";
import { type Deployed, startDeployed } from "./deployed.ts";
import { measureAccountPage } from "./measure/account-page.ts";
import { measureColdStart } from "./measure/cold-start.ts";
import { measureGatewayCalls } from "./measure/gateway-calls.ts";
import { measureMachine } from "./measure/machine.ts";
import { measureParallel } from "./measure/parallel.ts";
import { profileSteps } from "./measure/profile.ts";
import { measureSteps } from "./measure/steps.ts";
import { measureTwinStart } from "./measure/twin-start.ts";
import { callsTable } from "./report/calls.ts";
import { describeMachine } from "./report/machine.ts";
import { profileTable } from "./report/profile.ts";
import { report } from "./report/report.ts";
import { writeReport } from "./report/write.ts";
import { type StandIns, startStandIns } from "./stand-ins.ts";

const USAGE = `Measures this gateway beside oidc-provider and workers-oauth-provider, and writes bench/README.md.

  npm run bench               all of it, about five minutes
  npm run bench -- --quick    a short run, which is printed and not written
  npm run bench -- --steps    only the steps of a sign-in, printed
  npm run bench -- --calls    only calls through the gateway, printed
  npm run bench -- --profile  where this gateway's time goes in each step, printed
`;

/** One more than there are servers would do; each listens on its own port. */
const SERVERS = 8;

const FULL = {
  steps: { rounds: 7, warmUp: 2, signIns: 12 },
  parallel: { degrees: [1, 8, 32, 128], perDegree: 24 },
  calls: 1200,
  account: { sessions: 200, pages: 6 },
  coldStarts: 7,
  twinStarts: 3,
  loopbackRequests: 1000,
};
const QUICK: typeof FULL = {
  steps: { rounds: 3, warmUp: 1, signIns: 10 },
  parallel: { degrees: [1, 8], perDegree: 16 },
  calls: 400,
  account: { sessions: 200, pages: 3 },
  coldStarts: 3,
  twinStarts: 1,
  loopbackRequests: 500,
};

const say = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      steps: { type: "boolean", default: false },
      calls: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const size = values.quick ? QUICK : FULL;
  say("building …");
  const bundle = (await buildApps({ onlyWhatChanged: true }))["authorization-server"] ?? "";
  const standIns = await startStandIns(SERVERS);
  const running: { stop(): Promise<void> }[] = [standIns];
  try {
    if (values.profile) return void process.stdout.write(`${profileTable(await profileSteps(standIns))}\n`);
    const deployed = await startDeployed(standIns, bundle);
    running.push(deployed);
    if (values.calls) {
      const calls = await measureGatewayCalls(deployed, standIns, size.calls);
      return void process.stdout.write(`${callsTable(calls)}\n`);
    }
    const contestants = await startContestants(standIns, deployed);
    running.push(...contestants.map(({ server }) => server));
    const text = await measureAll({ standIns, deployed, contestants, bundle, size, stepsOnly: values.steps });
    if (values.quick || values.steps) process.stdout.write(`${text}\n`);
    else await writeReport(text);
  } finally {
    for (const each of running.reverse()) await each.stop();
  }
}

async function measureAll({
  standIns,
  deployed,
  contestants,
  bundle,
  size,
  stepsOnly,
}: {
  readonly standIns: StandIns;
  readonly deployed: Deployed;
  readonly contestants: readonly Contestant[];
  readonly bundle: string;
  readonly size: typeof FULL;
  readonly stepsOnly: boolean;
}): Promise<string> {
  const machine = describeMachine();
  say("steps of a sign-in …");
  const steps = await measureSteps(contestants, standIns, size.steps);
  if (stepsOnly) return report({ machine, size, steps });
  say("the machine itself …");
  const limits = await measureMachine(standIns, size.loopbackRequests);
  say("calls through the gateway …");
  const calls = await measureGatewayCalls(deployed, standIns, size.calls);
  say("account page …");
  const account = await measureAccountPage(named(contestants, OURS), standIns, size.account);
  say("parallel sign-ins …");
  const withEntra = contestants.filter(({ name }) => !name.endsWith("no Entra"));
  const parallel = await measureParallel(withEntra, standIns, size.parallel);
  say("cold start …");
  const settings = standIns.gatewaySettings(standIns.resolve("http://localhost"));
  const coldStart = await measureColdStart(bundle, settings, size.coldStarts);
  say("start of the twin …");
  const twinStart = await measureTwinStart(size.twinStarts);
  return report({ machine, size, steps, limits, calls, account, parallel, coldStart, twinStart });
}

function named(contestants: readonly Contestant[], name: string): Contestant {
  const found = contestants.find((each) => each.name === name);
  if (!found) throw new Error(`${name} does not take part`);
  return found;
}

await main();
