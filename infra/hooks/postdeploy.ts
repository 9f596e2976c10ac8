import { run } from "./command.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

const AT_MOST = 300_000;
const PAUSE = 5_000;

/** Looks at the new deployment as a client and as an operator would, as soon as it is there to be looked at. */
const url = process.env["MCP_URL"];
if (!url) throw new Error("MCP_URL comes from azd provision, which has not run");
const say = (text: string) => process.stdout.write(`${text}\n`);
// When time is up, the doctor says what is wrong.
await waitUntilReady(new URL("/health/ready", url).href, { atMost: AT_MOST, pause: PAUSE, say });
await run("npm", ["run", "--silent", "doctor", "--", url]);
say(`Connect a client to ${url}`);
