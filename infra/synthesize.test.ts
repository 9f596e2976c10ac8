import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { synthesize, writeStack } from "./synthesize.ts";
import { VARIANTS } from "./testing/subject.ts";

// resourceUsage().maxRSS would not do: on Linux a process starts with the peak of the one that started it.
const MEASURE = `
  const { synthesize } = await import(${JSON.stringify(join(import.meta.dirname, "synthesize.ts"))});
  const { loadGatewayConfig } = await import(${JSON.stringify(join(import.meta.dirname, "../config/load.ts"))});
  const { readDeploymentSettings } = await import(${JSON.stringify(join(import.meta.dirname, "settings/settings.ts"))});
  const config = await loadGatewayConfig(${JSON.stringify(join(import.meta.dirname, "../gateway.config.ts"))});
  synthesize({ config, settings: readDeploymentSettings({}) });
  process.stdout.write(String(process.memoryUsage.rss()));
`;

describe("synthesis", () => {
  it.each(Object.entries(VARIANTS))(
    "gives the same twice, to the byte: %s",
    (_, { config, settings, document }) => {
      expect(JSON.stringify(synthesize({ config, settings }))).toBe(JSON.stringify(document));
    },
  );

  it("knows nothing of the machine it runs on", () => {
    for (const { document } of Object.values(VARIANTS)) {
      const text = JSON.stringify(document);
      expect(text).not.toContain(process.cwd());
      expect(text).not.toContain(tmpdir());
      expect(text).not.toContain("TfToken");
    }
  });

  it("writes the folder anew: what an earlier one needed and this one does not is gone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "synth-"));
    try {
      const remote = VARIANTS["everything on, private"];
      const local = VARIANTS["defaults"];
      if (!remote || !local) throw new Error("a variant is missing");
      await writeStack(remote, folder);
      expect((await readdir(folder)).sort()).toEqual([
        "backend.tf",
        "cdk.tf.json",
        "main.tfvars.json",
        "provider.conf.json",
      ]);
      await writeStack(local, folder);
      expect((await readdir(folder)).sort()).toEqual(["cdk.tf.json", "main.tfvars.json"]);
      expect(JSON.parse(await readFile(join(folder, "cdk.tf.json"), "utf8"))).toEqual(local.document);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("takes less than 300 MB", async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", MEASURE],
      {
        timeout: 30_000,
      },
    );
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThan(300 * 1024 * 1024);
  });
});
