import packageJson from "../../package.json" with { type: "json" };
import { type Check, findingsOf } from "../check.ts";
import type { Catalogue } from "../finding.ts";

/** The oldest Node whose `fetch` and TLS the doctor's requests were tried with. */
const OLDEST_NODE = 22;

const catalogue = {
  "node-old": {
    level: "warning",
    means: `The doctor runs on a Node older than ${OLDEST_NODE}`,
    why: "What it reports may be Node's fault. `npm run doctor` brings its own Node.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** Which doctor looks, from which Node. */
export const versions: Check = {
  name: "versions",
  title: "Versions",
  needs: [],
  catalogue,
  async examine() {
    const { node } = process.versions;
    const fine = `doctor ${packageJson.version}, Node ${node}`;
    if (Number.parseInt(node, 10) >= OLDEST_NODE) return { findings: [], fine };
    const mend = ["npm ci", "npm run doctor -- <MCP URL>"];
    return { findings: [find("node-old", { what: `This is Node ${node}.`, mend })] };
  },
};
