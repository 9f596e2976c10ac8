import { channel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connectionOf, INVOCATION_HEADER } from "./host-connections.ts";
import { type CoreInvocationContext, guardInvocations, type InvocationModel } from "./programming-model.ts";

/** A library whose invocations go through these steps. */
function library(steps: Partial<InvocationModel> = {}) {
  const getResponse = vi.fn<InvocationModel["getResponse"]>(steps.getResponse ?? (async () => undefined));
  const model: InvocationModel = {
    getArguments: async () => ({ context: "context", inputs: ["input"] }),
    invokeFunction: async () => "result",
    ...steps,
    getResponse,
  };
  const contexts: CoreInvocationContext[] = [];
  const programmingModel = {
    getInvocationModel(context: CoreInvocationContext): InvocationModel {
      contexts.push(context);
      return model;
    },
  };
  const core = { getProgrammingModel: () => programmingModel };
  guardInvocations(core);
  guardInvocations(core);
  const begin = (invocationId = "one") =>
    programmingModel.getInvocationModel({
      invocationId,
      metadata: { name: "any", bindings: {} },
      request: { triggerMetadata: { Headers: { string: '{"a b":"c"}' } }, inputData: [] },
    });
  return { begin, contexts, getResponse };
}

/** A request of the Functions host's, as Node tells of it. */
function arrive(invocationId: string, headersSent: boolean) {
  const connection = { headersSent, destroy: vi.fn(), end: vi.fn(), writeHead: vi.fn(() => connection) };
  channel("http.server.request.start").publish({
    request: { headers: { [INVOCATION_HEADER]: invocationId } },
    response: connection,
  });
  return connection;
}

afterEach(() => {
  vi.useRealTimers();
});

it("does nothing outside of the Functions worker", () => {
  expect(() => guardInvocations()).not.toThrow();
});

describe("an invocation", () => {
  it("GW-18 reaches the library without trigger metadata, and is otherwise as it was", async () => {
    const { begin, contexts, getResponse } = library();
    const connection = arrive("one", false);
    const model = begin();
    expect(contexts.map(({ request }) => request.triggerMetadata)).toEqual([{}]);
    expect(await model.getArguments()).toEqual({ context: "context", inputs: ["input"] });
    expect(await model.invokeFunction("context", ["input"], "handler")).toBe("result");
    expect(connectionOf("one")).toBe(connection);
    await model.getResponse("context", "result");
    expect(getResponse.mock.calls).toEqual([["context", "result"]]);
    expect(connectionOf("one")).toBeUndefined();
  });

  it.each([
    ["getArguments", 400],
    ["invokeFunction", 500],
  ] as const)("GW-18 is answered where %s throws, and the worker hears of it", async (step, status) => {
    const { begin, getResponse } = library({ [step]: () => Promise.reject(new Error("broken")) });
    const model = begin();
    const steps = {
      getArguments: () => model.getArguments(),
      invokeFunction: () => model.invokeFunction("", [], ""),
    };
    await expect(steps[step]()).rejects.toThrow("broken");
    expect(getResponse.mock.calls).toEqual([[{ invocationId: "one" }, { status }]]);
  });

  it.each([
    [false, { writeHead: [[500]], end: [[]], destroy: [] }],
    [true, { writeHead: [], end: [], destroy: [[]] }],
  ])("GW-18 ends its connection where the library cannot answer, begun or not: %s", async (begun, calls) => {
    const connection = arrive("torn", begun);
    const { begin } = library({ getResponse: () => Promise.reject(new Error("broken")) });
    await expect(begin("torn").getResponse("context", {})).rejects.toThrow("broken");
    const { writeHead, end, destroy } = connection;
    expect({
      writeHead: writeHead.mock.calls,
      end: end.mock.calls,
      destroy: destroy.mock.calls,
    }).toEqual(calls);
  });

  it("GW-18 that never begins is answered 503 by the library, which so forgets its request", async () => {
    vi.useFakeTimers();
    const getArguments = vi.fn(() => Promise.reject(new Error("no URL")));
    const { getResponse, contexts } = library({ getArguments });
    arrive("again", false);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(contexts).toMatchObject([{ invocationId: "again" }]);
    expect(getArguments).toHaveBeenCalledOnce();
    expect(getResponse.mock.calls).toEqual([[{ invocationId: "again" }, { status: 503 }]]);
  });
});
