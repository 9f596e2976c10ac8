import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REQUEST_MILLISECONDS } from "./platform/request-scope.ts";

interface HostJson {
  readonly functionTimeout: string;
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

/** The Functions host ends the process of an invocation that outlasts it, with every other one in it. */
describe("functionTimeout", () => {
  const of = (app: string) =>
    (JSON.parse(readFileSync(join(APPS, app, "host.json"), "utf8")) as HostJson).functionTimeout;

  it("is none where a stream lasts as long as its client wants", () => {
    expect(of("graph-mcp")).toBe("-1");
  });

  it("leaves a request of the authorization server time to read its body, and as much again to answer", () => {
    const [hours = 0, minutes = 0, seconds = 0] = of("authorization-server").split(":").map(Number);
    expect(((hours * 60 + minutes) * 60 + seconds) * 1000).toBeGreaterThan(2 * REQUEST_MILLISECONDS);
  });
});

it("covers both apps", () => {
  expect(files.length).toBeGreaterThanOrEqual(2);
});
