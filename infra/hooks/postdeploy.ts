import { run } from "./command.ts";

/** Looks at the new deployment as a client and as an operator would. */
const url = process.env["MCP_URL"];
if (!url) throw new Error("MCP_URL comes from azd provision, which has not run");
await run("npm", ["run", "--silent", "doctor", "--", url]);
