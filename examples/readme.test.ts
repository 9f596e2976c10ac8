import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { loadGatewayConfig } from "../config/load.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");

it("GW-15 the README's own server is a whole configuration, and the example in TypeScript fits it as it stands", async () => {
  const readme = await readFile(join(REPOSITORY, "README.md"), "utf8");
  const [, code = ""] = /### Your own server[^#]*?```ts\n(.*?)```/s.exec(readme) ?? [];
  const folder = await mkdtemp(join(tmpdir(), "readme-"));
  try {
    const file = join(folder, "my.config.ts");
    const config = pathToFileURL(join(REPOSITORY, "config")).href;
    await writeFile(file, code.replace('"./config/', `"${config}/`));
    const [server] = (await loadGatewayConfig(file)).servers;
    const example = await readFile(join(import.meta.dirname, "jose-server/server.ts"), "utf8");
    const [, audience] = /"AUDIENCE"\] \?\? "([^"]+)"/.exec(example) ?? [];
    const [, port] = /"PORT"\] \?\? (\d+)/.exec(example) ?? [];
    expect(server).toMatchObject({
      backend: { url: `http://127.0.0.1:${port}/mcp` },
      identity: { assertion: { audience } },
      scopes: [{ name: /requiredScopes: \["([^"]+)"\]/.exec(example)?.[1], required: true }],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
