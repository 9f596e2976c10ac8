import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { beginOn, connectionOf, INVOCATION_HEADER, whenNotBegun } from "./host-connections.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request of the Functions host's, as Node tells of it. */
function arrive(headers: Record<string, string>) {
  const response = new EventEmitter();
  channel("http.server.request.start").publish({ request: { headers }, response });
  return response;
}

it("gives an invocation the connection that its request came over, until that closes", () => {
  const connection = arrive({ [INVOCATION_HEADER]: "one" });
  arrive({ [INVOCATION_HEADER]: "two" });
  expect(beginOn("one")).toBe(connection);
  expect(connectionOf("one")).toBe(connection);
  connection.emit("close");
  expect(connectionOf("one")).toBeUndefined();
});

it("forgets no connection that came later for the same invocation", () => {
  const earlier = arrive({ [INVOCATION_HEADER]: "again" });
  const later = arrive({ [INVOCATION_HEADER]: "again" });
  earlier.emit("close");
  expect(connectionOf("again")).toBe(later);
  later.emit("close");
});

it("tells of an invocation that does not begin although its request has come", () => {
  const answer = vi.fn();
  whenNotBegun(answer);
  const connection = arrive({ [INVOCATION_HEADER]: "three" });
  vi.advanceTimersByTime(14_999);
  expect(answer).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(answer).toHaveBeenCalledExactlyOnceWith("three");
  connection.emit("close");
});

it("leaves alone requests of others, and those that their caller has left", () => {
  const answer = vi.fn();
  whenNotBegun(answer);
  arrive({ host: "127.0.0.1" });
  const left = arrive({ [INVOCATION_HEADER]: "left" });
  left.emit("close");
  vi.advanceTimersByTime(60_000);
  expect(answer).not.toHaveBeenCalled();
});
