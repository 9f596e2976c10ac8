import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT, provision, TIMEOUT, useRehearsal, withoutProvidersIn } from "./testing/rehearsal.ts";
import { EXISTING_APIM, SERVERS_BEHIND_KEYS } from "./testing/subject.ts";

const rehearsal = useRehearsal();

describe("azd, played with Terraform, with keys for backends and traced tool calls", {
  timeout: TIMEOUT,
}, () => {
  it.each([
    ["a new instance", {}],
    ["an existing instance", EXISTING_APIM],
  ])(
    "GW-19 provisions at %s, changes nothing the second time, and takes it all down",
    async (_, settings) => {
      const servers = SERVERS_BEHIND_KEYS.servers.map((server) => ({ ...server, traceToolCalls: true }));
      await writeFile(
        join(rehearsal.project, "gateway.config.ts"),
        `export default ${JSON.stringify({ ...SERVERS_BEHIND_KEYS, servers })};\n`,
      );
      const name = `keys-${Object.keys(settings).length}`;
      const play = rehearsal.azd({
        ...ENVIRONMENT,
        AZURE_ENV_NAME: name,
        GATEWAY_SAMPLE_SERVER: "false",
        ...settings,
      });
      const document = await provision(play);
      expect(JSON.stringify(document)).toContain("https://contoso.vault.azure.net/secrets/notes-key");

      await play.hook("preprovision");
      await withoutProvidersIn(play.modulePath);
      await play.init("-upgrade");
      expect(await play.plan()).toContain("No changes.");

      await play.hook("predown");
      await withoutProvidersIn(play.modulePath);
      expect(await play.destroy()).toContain("Destroy complete!");
    },
  );
});
