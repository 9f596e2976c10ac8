import { beforeAll, describe, expect, it } from "vitest";
import type { PassingRequest } from "../support/fault-proxy.ts";
import type { Attempt } from "./attempt.ts";
import { cellsOf } from "./run-cells.ts";
import {
  itLogsNoSecret,
  itsOperations,
  LOSES_ANSWER,
  of,
  onTestbed,
  PAGE,
  type Results,
  type Show,
  SILENT,
  SLOW,
  shared,
  TIMEOUT_MS,
  UNAVAILABLE,
  WRITES,
} from "./scenarios.ts";
import * as tables from "./tables.ts";
import type { FaultTestbed } from "./testbed.ts";

const cells = cellsOf(tables.entra);
const results: Results = { seen: new Map(), leaks: [] };

beforeAll(async () => {
  const testbeds = [
    onTestbed(results, { entraTokenLifetime: 200 }, [entraDisturbed]),
    onTestbed(results, {}, [entraOut]),
  ];
  // One that fails must not leave the other to run on unseen.
  await Promise.allSettled(testbeds);
  await Promise.all(testbeds);
}, TIMEOUT_MS);

describe("SES-4 CAL-3 what a fault of Entra gives at", () => {
  it.each([...cells])("$step, $fault: $expected", (cell) => {
    expect(results.seen.get(cell)?.text).toBe(cell.expected);
  });
});

itLogsNoSecret(results, cells);

/** The kept Entra token is always near its end, so that each step that needs one asks Entra. */
async function entraDisturbed(
  { faultProxies: { entra: proxy, cosmos } }: FaultTestbed,
  show: Show,
): Promise<void> {
  const its =
    ({ owns }: Attempt) =>
    (request: PassingRequest) =>
      owns(request) && isTokenRequest(request);
  await show(of(cells, "slow"), (_, attempt) => proxy.begin(SLOW, its(attempt)));
  await show(
    of(cells, "fails once", "answers a page", "answers nothing", "answer lost"),
    ({ column }, attempt) => {
      if (column === "fails once") return proxy.begin(UNAVAILABLE, its(attempt), 1);
      if (column === "answer lost") return proxy.begin(LOSES_ANSWER, its(attempt), 1);
      const content = column === "answers a page" ? PAGE : { body: "{}" };
      return proxy.begin({ kind: "answers", status: 200, ...content }, its(attempt));
    },
    { oneByOne: true },
  );
  await show(
    of(cells, "renewal not kept", "renewal kept, answer lost"),
    ({ column }, attempt) =>
      cosmos.begin(
        column === "renewal not kept" ? UNAVAILABLE : LOSES_ANSWER,
        itsOperations(WRITES, attempt),
        1,
      ),
    { oneByOne: true },
  );
  await show(
    of(cells, "down"),
    shared(() => proxy.begin(UNAVAILABLE, isTokenRequest)),
  );
  await show(
    of(cells, "silent"),
    shared(() => proxy.begin(SILENT, isTokenRequest)),
  );
}

/** All of Entra but what a browser opens; a person whom Entra does not let in sees so there. */
async function entraOut({ faultProxies: { entra: proxy } }: FaultTestbed, show: Show): Promise<void> {
  const forPrograms = ({ path }: PassingRequest) => !/\/(authorize|login)(\?|$)/.test(path);
  await show(
    of(cells, undefined, "down, kept token good"),
    shared(() => proxy.begin(UNAVAILABLE, forPrograms)),
  );
}

function isTokenRequest({ path }: PassingRequest): boolean {
  return /\/oauth2\/v2\.0\/token(\?|$)/.test(path);
}
