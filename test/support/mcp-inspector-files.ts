import { setTimeout as sleep } from "node:timers/promises";
import { keptFile } from "./kept-files.ts";
import type { KeptClient, KeptTokens } from "./sign-in-as-before.ts";

/** What MCP Inspector keeps in its home folder, from its command line or its page. */
export interface InspectorFiles {
  /** The registration that it keeps. */
  registered(): Promise<KeptClient>;
  /** Has it keep other tokens than those that it got. */
  keepTokens(tokens: KeptTokens): Promise<void>;
}

interface Secrets {
  readonly secrets: Readonly<Record<string, string>>;
}

const SETTLED_MS = 700;
const MOST_READS = 20;

/**
 * The page's server writes what it got some time after the page is connected; what is replaced before would come back.
 *
 * @throws Error when its tokens never come to rest
 */
async function settledSecrets(home: string) {
  let before = "";
  for (let read = 0; read < MOST_READS; read++) {
    const file = await keptFile<Secrets>(home, "secrets.json").catch(() => undefined);
    const now = JSON.stringify(file?.content);
    if (file && now === before && now.includes(":tokens:")) return file;
    before = now ?? "";
    await sleep(SETTLED_MS);
  }
  throw new Error("MCP Inspector's tokens did not come to rest");
}

/** @param home with the files of one server */
export function inspectorFiles(home: string): InspectorFiles {
  return {
    async registered() {
      const kept = JSON.stringify((await keptFile<object>(home, "oauth.json")).content);
      const id = /"client_id":"([^"]+)"/.exec(kept)?.[1] ?? "";
      const redirectUri = /"redirect_uris":\["([^"]+)"/.exec(kept)?.[1] ?? "";
      return { id, redirectUri };
    },
    async keepTokens(tokens) {
      const { content, replace } = await settledSecrets(home);
      const secrets = Object.entries(content.secrets).map(([name, secret]) => [
        name,
        name.includes(":tokens:") ? JSON.stringify({ ...JSON.parse(secret), ...tokens }) : secret,
      ]);
      await replace({ ...content, secrets: Object.fromEntries(secrets) });
    },
  };
}
