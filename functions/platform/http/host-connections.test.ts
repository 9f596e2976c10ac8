import { channel } from "node:diagnostics_channel";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { beginOn, connectionOf, endOn, INVOCATION_HEADER, whenNotBegun } from "./host-connections.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request of the Functions host's, as Node tells of it. */
function arrive(headers: Record<string, string>) {
  const response = {};
  channel("http.server.request.start").publish({ request: { headers }, response });
  return response;
}

it("has the connection that an invocation's request came over, until the invocation has ended", () => {
  const late = vi.fn();
  whenNotBegun(late);
  const connection = arrive({ [INVOCATION_HEADER]: "one" });
  arrive({ [INVOCATION_HEADER]: "two" });
  beginOn("one");
  endOn("two");
  vi.advanceTimersByTime(60_000);
  expect(connectionOf("one")).toBe(connection);
  endOn("one");
  expect(connectionOf("one")).toBeUndefined();
  expect(late).not.toHaveBeenCalled();
});

it("tells of an invocation that does not begin although its request has come", () => {
  const late = vi.fn();
  whenNotBegun(late);
  arrive({ [INVOCATION_HEADER]: "three" });
  vi.advanceTimersByTime(14_999);
  expect(late).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(late).toHaveBeenCalledExactlyOnceWith("three");
  endOn("three");
});

it("leaves requests of others alone", () => {
  const late = vi.fn();
  whenNotBegun(late);
  arrive({ host: "127.0.0.1" });
  vi.advanceTimersByTime(60_000);
  expect(late).not.toHaveBeenCalled();
});
