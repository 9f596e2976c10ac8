import { test } from "vitest";
import type { GatewayConfigInput } from "../../config/schema.ts";
import { toBeStarted, useStarted } from "../../functions/testing/started.ts";
import shippedConfig from "../../gateway.config.ts";
import { notesServer, type RecordingBackend, startRecordingBackend } from "./recording-backend.ts";
import { type OwnTestTwin, startTestTwin, type TestTwin, type TestTwinOptions } from "./twin.ts";

/** A twin with one more server, at `/notes/mcp`, whose backend notes what it is sent. */
interface TwinWithNotes<T extends TestTwin = TestTwin> {
  readonly twin: T;
  readonly backend: RecordingBackend;
}

const ofWorker = test.extend<{
  $worker: { sharedTwin: OwnTestTwin; sharedTwinWithNotes: TwinWithNotes<OwnTestTwin> };
}>({
  sharedTwin: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it which fixtures this one needs
    async ({}, use) => {
      const twin = await startTestTwin({}, { recordIssued: true });
      await use(twin);
      await twin.stop();
    },
    { scope: "worker" },
  ],
  sharedTwinWithNotes: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const backend = await startRecordingBackend();
      const servers = [...shippedConfig.servers, notesServer(backend)];
      const twin = await startTestTwin({ servers }, { recordIssued: true });
      await use({ twin, backend });
      await twin.stop();
      await backend.stop();
    },
    { scope: "worker" },
  ],
});

/**
 * The twin of this worker, as shipped: the test files that the worker runs, one after the other, share it. A file that stops parts of
 * its twin, moves its clock, or looks at all that is stored or logged needs its own ({@link useOwnTwin}).
 */
export function useTwin(): TestTwin {
  const { value, is } = toBeStarted<TestTwin>("the twin");
  ofWorker.beforeAll(async ({ sharedTwin }) => is(await forOneFile(sharedTwin)));
  return value;
}

/** The worker's twin with one more server, for files with the same needs as those of {@link useTwin}. */
export function useTwinWithNotes(): TwinWithNotes {
  const twin = toBeStarted<TestTwin>("the twin");
  const backend = toBeStarted<RecordingBackend>("the backend");
  ofWorker.beforeAll(async ({ sharedTwinWithNotes: shared }) => {
    shared.backend.reset();
    backend.is(shared.backend);
    twin.is(await forOneFile(shared.twin));
  });
  return { twin: twin.value, backend: backend.value };
}

/** A shared twin as one file may see it: nothing is left of what other files logged, counted and cached. */
async function forOneFile(twin: OwnTestTwin): Promise<TestTwin> {
  const { length: before } = await twin.allLogs();
  twin.gateway.cache.clear();
  twin.cosmos.resetOperations();
  const { stop: _stop, advance: _advance, ...shared } = twin;
  return {
    ...shared,
    get logs() {
      return twin.logs.slice(before);
    },
    allLogs: async () => (await twin.allLogs()).slice(before),
  };
}

type Config = Partial<GatewayConfigInput>;

/**
 * A twin for the tests of one file or suite.
 *
 * @param config replaces members of the shipped `gateway.config.ts`; a function where it names what is started before
 */
export function useOwnTwin(
  config: Config | (() => Config | Promise<Config>) = {},
  options: TestTwinOptions = {},
): OwnTestTwin {
  return useStarted(
    "the twin",
    async () => startTestTwin(typeof config === "function" ? await config() : config, options),
    (twin) => twin.stop(),
  );
}
