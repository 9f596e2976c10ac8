import { keptFile } from "./kept-files.ts";
import type { KeptClient, KeptTokens } from "./sign-in-as-before.ts";

/** What MCP Inspector keeps in its home folder, from its command line or its page. */
export interface InspectorFiles {
  /** The registration that it keeps. */
  registered(): Promise<KeptClient>;
  /** Has it keep other tokens than those that it got. */
  keepTokens(tokens: KeptTokens): Promise<void>;
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
      const { content, replace } = await keptFile<{ secrets: Record<string, string> }>(home, "secrets.json");
      const secrets = Object.entries(content.secrets).map(([name, secret]) => [
        name,
        name.includes(":tokens:") ? JSON.stringify({ ...JSON.parse(secret), ...tokens }) : secret,
      ]);
      await replace({ ...content, secrets: Object.fromEntries(secrets) });
    },
  };
}
