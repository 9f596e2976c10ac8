import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Call } from "../../platform/endpoint.ts";
import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";
import { KeyError } from "../keys/key-ring.ts";
import { StoreError } from "../store/documents.ts";
import { makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { ISSUER } from "../testing/gateway.ts";
import { useSessions } from "../testing/sessions.ts";
import { live, ready } from "./health.ts";

const request = new Request("https://gateway.example/health/ready");

/** Parts that do what a test has them do, and how often each was asked. */
function setup() {
  const asked = { sign: 0, read: 0 };
  const parts = {
    sign: async () => new Uint8Array(),
    dataKey: async () => ({}),
    read: async () => undefined as unknown,
  };
  const clock = { time: 1_000 };
  const lines: unknown[] = [];
  const call: Call = { correlationId: "c", log: (...line) => lines.push(line) };
  const endpoint = ready({
    keys: {
      signingKey: async () => ({
        sign: () => {
          asked.sign += 1;
          return parts.sign();
        },
      }),
      dataKey: () => parts.dataKey(),
    },
    sessions: {
      documents: {
        read: () => {
          asked.read += 1;
          return parts.read();
        },
      },
    },
    circuits: [
      { part: "store", state: "half_open" },
      { part: "entra", state: "closed" },
    ],
    now: () => clock.time,
  } as unknown as Dependencies);
  return {
    asked,
    parts,
    clock,
    lines,
    async ask() {
      const response = await endpoint(request, call);
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

describe("/health/live", () => {
  it("answers without asking anybody", async () => {
    const response = await live()(request, { correlationId: "c", log: () => undefined });
    expect([response.status, await response.json()]).toEqual([200, { status: "live" }]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("/health/ready", () => {
  it("SES-4 shows the circuits, which make nothing of it ready or not", async () => {
    const { ask } = setup();
    expect(await ask()).toMatchObject({
      status: 200,
      body: { circuits: { store: "half_open", entra: "closed" } },
    });
  });

  it("says that every part answers", async () => {
    const { ask } = setup();
    expect(await ask()).toMatchObject({
      status: 200,
      body: { status: "ready", parts: { keys: "ok", store: "ok" } },
    });
  });

  it.each([
    ["keys", "sign", new KeyError("unavailable", "429 Throttled")],
    ["keys", "dataKey", new KeyError("refused", "403 Forbidden")],
    ["store", "read", new StoreError("unavailable", { cause: new Error("10.0.0.7 refused") })],
  ] as const)(
    "names %s as the part that is out when it cannot %s, and nothing else",
    async (part, what, error) => {
      const { ask, parts, lines } = setup();
      parts[what] = () => Promise.reject(error);
      const { status, headers, body } = await ask();
      expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
      expect(body).toEqual({
        status: "not_ready",
        parts: { keys: "ok", store: "ok", [part]: "out" },
        circuits: { store: "half_open", entra: "closed" },
      });
      expect(lines).toEqual([["warn", "not_ready", { part, reason: error.message }]]);
    },
  );

  it("does not wait for a part that says nothing", async () => {
    vi.useFakeTimers();
    const { ask, parts } = setup();
    parts.read = () => new Promise(() => undefined);
    const answer = ask();
    await vi.advanceTimersByTimeAsync(3_000);
    expect((await answer).body).toMatchObject({ parts: { keys: "ok", store: "out" } });
    vi.useRealTimers();
  });

  it("asks the parts once in five seconds, whoever asks and however often", async () => {
    const { ask, asked, clock } = setup();
    await Promise.all(Array.from({ length: 50 }, ask));
    clock.time += 4;
    await ask();
    expect(asked).toEqual({ sign: 1, read: 1 });
    clock.time += 1;
    await ask();
    expect(asked).toEqual({ sign: 2, read: 2 });
  });
});

const sessions = useSessions();
let dependencies: Dependencies;
beforeEach(() => {
  dependencies = makeDependencies(sessions);
  sessions.store.operations();
});

describe("GET /health/live", () => {
  it("asks nobody", async () => {
    const request = new Request(`${ISSUER}/health/live`);
    const response = await endpoints(dependencies)["health-live"](request, makeCall());
    expect([response.status, await response.json()]).toEqual([200, { status: "live" }]);
    expect(sessions.store.operations()).toEqual({});
  });
});

describe("GET /health/ready", () => {
  it("asks the store for one document", async () => {
    const request = new Request(`${ISSUER}/health/ready`);
    const response = await endpoints(dependencies)["health-ready"](request, makeCall());
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: "ready", parts: { keys: "ok", store: "ok" }, circuits: {} },
    ]);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
  });
});
