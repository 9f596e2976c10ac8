import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface HostJson {
  readonly logging: {
    readonly logLevel: Readonly<Record<string, string>>;
    readonly applicationInsights: Readonly<Record<string, unknown>> & {
      readonly samplingSettings: { readonly excludedTypes: string };
    };
  };
}

const APPS = import.meta.dirname;
const files = readdirSync(APPS, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith("host.json"),
);

describe.each(files)("%s", (file) => {
  const { logging } = JSON.parse(readFileSync(join(APPS, file), "utf8")) as HostJson;
  const { applicationInsights, logLevel } = logging;

  it("keeps queries, and with them authorization codes, out of requests", () => {
    expect(applicationInsights["enableQueryStringTracing"]).toBe(false);
  });

  it("does not report the host's own calls to the app, whose URLs have a query", () => {
    expect(applicationInsights["enableDependencyTracking"]).toBe(false);
  });

  it("collects what the app logs, and of the host itself only warnings and results", () => {
    expect(logLevel).toEqual({
      default: "Warning",
      Function: "Information",
      "Host.Function.Console": "Information",
      "Host.Results": "Information",
      "Host.Aggregator": "Information",
    });
  });

  it("samples neither events nor requests nor exceptions", () => {
    expect(applicationInsights.samplingSettings.excludedTypes.split(";").sort()).toEqual([
      "Exception",
      "Request",
      "Trace",
    ]);
  });
});

it("covers both apps", () => {
  expect(files.length).toBeGreaterThanOrEqual(2);
});
