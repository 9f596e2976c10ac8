import { channel } from "node:diagnostics_channel";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { INVOCATION_HEADER, takeConnection } from "./host-connections.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request of the Functions host's, as Node tells of it. */
function arrive(headers: Record<string, string>) {
  const response = { destroy: vi.fn() };
  channel("http.server.request.start").publish({ request: { headers }, response });
  return response;
}

it("gives an invocation the connection that its request came over, once", () => {
  const connection = arrive({ [INVOCATION_HEADER]: "one" });
  arrive({ [INVOCATION_HEADER]: "two" });
  expect(takeConnection("one")).toBe(connection);
  expect(takeConnection("one")).toBeUndefined();
  vi.advanceTimersByTime(60_000);
  expect(connection.destroy).not.toHaveBeenCalled();
});

it("cuts a connection whose invocation does not begin, and forgets it", () => {
  const connection = arrive({ [INVOCATION_HEADER]: "three" });
  vi.advanceTimersByTime(14_999);
  expect(connection.destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(connection.destroy).toHaveBeenCalledOnce();
  expect(takeConnection("three")).toBeUndefined();
});

it("leaves requests of others alone", () => {
  const connection = arrive({ host: "127.0.0.1" });
  vi.advanceTimersByTime(60_000);
  expect(connection.destroy).not.toHaveBeenCalled();
});
