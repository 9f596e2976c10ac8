import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { operationOf } from "../../twin/cosmos/operation.ts";
import type { VaultFault } from "../../twin/key-vault/start.ts";
import type { TwinOptions } from "../../twin/twin.ts";
import type { ActiveFault, Fault, PassingRequest } from "../support/fault-proxy.ts";
import { findSecrets } from "../support/secret-search.ts";
import type { Attempt } from "./attempt.ts";
import { type Cell, cellsOf, type PlayOptions, play, type Seen } from "./run-cells.ts";
import * as tables from "./tables.ts";
import { type FaultyStage, startStage } from "./testbed.ts";

/** All of it is played at once, on several stages, most of the time waiting for what does not answer. */
const TIMEOUT_MS = 300_000;

/** Several times what a request takes, and far from every time-out, on a busy machine too. */
const SLOW_MS = 100;
const SLOW: Fault = { kind: "slow", milliseconds: SLOW_MS };
const SILENT: Fault = { kind: "silent" };
const LOSES_ANSWER: Fault = { kind: "loses-answer" };
const PAGE = { type: "text/html", body: "<!doctype html><title>Busy</title><h1>Service Unavailable</h1>" };
const UNAVAILABLE: Fault = { kind: "answers", status: 503, ...PAGE };
const HANGS_UP: Fault = { kind: "hangs-up" };
const NOT_LOADED: Fault = { kind: "answers", status: 404, body: "" };

const store = cellsOf(tables.store);
const entra = cellsOf(tables.entra);
const keyVault = cellsOf(tables.keyVault);
const functionsHost = cellsOf(tables.functionsHost);

const seen = new Map<Cell<string>, Seen>();
const leaks: string[] = [];

beforeAll(async () => {
  const impatient = await impatientPolicies();
  try {
    const stages = [
      onStage({ policiesFolder: impatient }, [functionsHostOut]),
      onStage({}, [storeOut]),
      onStage({ entraTokenLifetime: 200 }, [entraDisturbed]),
      onStage({ keyVault: true }, [storeDisturbed, entraOut, keyVaultOut]),
    ];
    // One that fails must not leave another to play on unseen.
    await Promise.allSettled(stages);
    await Promise.all(stages);
  } finally {
    await rm(impatient, { recursive: true, force: true });
  }
}, TIMEOUT_MS);

const eachOf = <Column extends string>(cells: readonly Cell<Column>[]) => it.each([...cells]);

describe("SES-4 TOK-4 what a fault of the store gives at", () => {
  eachOf(store)("$step, $fault: $expected", expectSeen);
});

describe("SES-4 CAL-3 what a fault of Entra gives at", () => {
  eachOf(entra)("$step, $fault: $expected", expectSeen);
});

describe("SES-4 what a fault of Key Vault gives at", () => {
  eachOf(keyVault)("$step, $fault: $expected", expectSeen);
});

describe("GW-8 SES-4 what a fault of the Functions host gives at", () => {
  eachOf(functionsHost)("$step, $fault: $expected", expectSeen);
});

it("no fault brings a secret into a log", () => {
  expect(seen.size).toBe(store.length + entra.length + keyVault.length + functionsHost.length);
  expect(leaks).toEqual([]);
});

function expectSeen(cell: Cell<string>): void {
  expect(seen.get(cell)?.text).toBe(cell.expected);
}

type Scene = (stage: FaultyStage, show: Show) => Promise<void>;
type Show = <Column extends string>(
  cells: readonly Cell<Column>[],
  begin: (cell: Cell<Column>, attempt: Attempt) => ActiveFault,
  options?: PlayOptions,
) => Promise<void>;

/** Plays scenes one after another on a stage of their own. */
async function onStage(options: Partial<TwinOptions>, scenes: readonly Scene[]): Promise<void> {
  const stage = await startStage(options);
  const secrets = new Set<string>();
  const show: Show = async (cells, begin, playOptions) => {
    for (const [cell, each] of await play(stage, cells, begin, playOptions)) {
      seen.set(cell, each);
      for (const secret of each.attempt.secrets()) secrets.add(secret);
    }
  };
  try {
    for (const scene of scenes) await scene(stage, show);
  } finally {
    // With it end the processes, and what they wrote is in the log.
    await stage.stop();
  }
  leaks.push(
    ...findSecrets(
      secrets,
      stage.twin.logs.map(({ message }) => message),
    ),
  );
}

/** One operation fails, or all are slow: the store is there, and no circuit may take it for out. */
async function storeDisturbed({ faultProxies: { cosmos } }: FaultyStage, show: Show): Promise<void> {
  const doesWrite = ({ step }: Cell<string>) =>
    store.some((cell) => cell.step === step && cell.column === "write fails");
  await show(of(store, "slow"), (_, attempt) => cosmos.begin(SLOW, attempt.owns));
  await show(
    of(store, "answer lost").filter((cell) => !doesWrite(cell)),
    (_, attempt) => cosmos.begin(LOSES_ANSWER, itsOperations(READS, attempt), 1),
  );
  await show(
    [...of(store, "read fails", "write fails"), ...of(store, "answer lost").filter(doesWrite)],
    ({ column }, attempt) =>
      column === "read fails"
        ? cosmos.begin(UNAVAILABLE, itsOperations(READS, attempt), 1)
        : cosmos.begin(
            column === "write fails" ? UNAVAILABLE : LOSES_ANSWER,
            itsOperations(WRITES, attempt),
            1,
          ),
    { oneByOne: true },
  );
}

async function storeOut({ faultProxies: { cosmos } }: FaultyStage, show: Show): Promise<void> {
  await show(
    [...of(store, "down"), ...of(store, undefined)],
    shared(() => cosmos.begin(UNAVAILABLE, everything)),
  );
  await show(
    of(store, "silent"),
    shared(() => cosmos.begin(SILENT, everything)),
  );
}

/** The kept Entra token is always near its end, so that each step that needs one asks Entra. */
async function entraDisturbed(
  { faultProxies: { entra: proxy, cosmos } }: FaultyStage,
  show: Show,
): Promise<void> {
  const its =
    ({ owns }: Attempt) =>
    (request: PassingRequest) =>
      owns(request) && isTokenRequest(request);
  await show(of(entra, "slow"), (_, attempt) => proxy.begin(SLOW, its(attempt)));
  await show(
    of(entra, "fails once", "answers a page", "answers nothing", "answer lost"),
    ({ column }, attempt) => {
      if (column === "fails once") return proxy.begin(UNAVAILABLE, its(attempt), 1);
      if (column === "answer lost") return proxy.begin(LOSES_ANSWER, its(attempt), 1);
      const content = column === "answers a page" ? PAGE : { body: "{}" };
      return proxy.begin({ kind: "answers", status: 200, ...content }, its(attempt));
    },
    { oneByOne: true },
  );
  await show(
    of(entra, "renewal not kept", "renewal kept, answer lost"),
    ({ column }, attempt) =>
      cosmos.begin(
        column === "renewal not kept" ? UNAVAILABLE : LOSES_ANSWER,
        itsOperations(WRITES, attempt),
        1,
      ),
    { oneByOne: true },
  );
  await show(
    of(entra, "down"),
    shared(() => proxy.begin(UNAVAILABLE, isTokenRequest)),
  );
  await show(
    of(entra, "silent"),
    shared(() => proxy.begin(SILENT, isTokenRequest)),
  );
}

/** All of Entra but what a browser opens; a person whom Entra does not let in sees so there. */
async function entraOut({ faultProxies: { entra: proxy } }: FaultyStage, show: Show): Promise<void> {
  const forPrograms = ({ path }: PassingRequest) => !/\/(authorize|login)(\?|$)/.test(path);
  await show(
    of(entra, undefined, "down, kept token good"),
    shared(() => proxy.begin(UNAVAILABLE, forPrograms)),
  );
}

async function keyVaultOut({ twin: { keyVault: vault } }: FaultyStage, show: Show): Promise<void> {
  if (!vault) throw new Error("the twin has no Key Vault");
  const begin = (fault: VaultFault, times?: number): ActiveFault => {
    const met = vault.fault(fault, times);
    return {
      get met() {
        return met();
      },
      end: () => void vault.fault(undefined),
    };
  };
  await show(
    of(keyVault, "slow"),
    shared(() => begin({ kind: "slow", milliseconds: SLOW_MS })),
  );
  await show(
    of(keyVault, "fails once", "answer lost"),
    ({ column }) => begin({ kind: column === "fails once" ? "throttles" : "hangs-up" }, 1),
    { oneByOne: true },
  );
  await show(
    [...of(keyVault, "down"), ...of(keyVault, undefined)],
    shared(() => begin({ kind: "throttles", retryAfter: 3600 })),
  );
  await show(
    of(keyVault, "silent"),
    shared(() => begin({ kind: "silent" })),
  );
}

async function functionsHostOut(
  { faultProxies: { authorizationServer } }: FaultyStage,
  show: Show,
): Promise<void> {
  const faults = {
    slow: SLOW,
    "hangs up": HANGS_UP,
    down: UNAVAILABLE,
    "app not loaded": NOT_LOADED,
    "answer lost": LOSES_ANSWER,
    silent: SILENT,
  } as const;
  for (const [column, fault] of Object.entries(faults)) {
    const cells = functionsHost.filter(
      (cell) => cell.column === column || (column === "down" && !cell.column),
    );
    await show(
      cells,
      shared(() => authorizationServer.begin(fault, everything)),
    );
  }
}

function of<Column extends string>(
  cells: readonly Cell<Column>[],
  ...columns: readonly (Column | undefined)[]
): readonly Cell<Column>[] {
  return cells.filter(({ column }) => columns.includes(column));
}

/** One fault for all cells of a play. */
function shared(begin: () => ActiveFault): () => ActiveFault {
  let active: ActiveFault | undefined;
  return () => {
    active ??= begin();
    return active;
  };
}

function everything(): boolean {
  return true;
}

function isTokenRequest({ path }: PassingRequest): boolean {
  return /\/oauth2\/v2\.0\/token(\?|$)/.test(path);
}

const READS = / read$/;
const WRITES = / (create|replace|delete)$/;

/** An attempt's own operations of the store. */
function itsOperations(kinds: RegExp, { owns }: Attempt): (request: PassingRequest) => boolean {
  return (request) => {
    const path = request.path.replace(/\?.*$/s, "");
    return owns(request) && kinds.test(operationOf(request.method, path, request.headers));
  };
}

/** The policies, with their patience with the authorization server shortened from 30 and 20 seconds. */
async function impatientPolicies(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "policies-"));
  await cp(resolve(import.meta.dirname, "../../policies"), folder, { recursive: true });
  for (const [file, patience] of [
    ["oauth/api.xml", 'timeout="30"'],
    ["fragments/session-token.xml", 'timeout="20"'],
  ] as const) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    if (text.split(patience).length !== 2) throw new Error(`${file} has not one ${patience}`);
    await writeFile(path, text.replace(patience, 'timeout="8"'));
  }
  return folder;
}
