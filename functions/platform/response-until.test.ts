import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { responseUntil } from "./response-until.ts";

const NOW = new Date("2026-11-30T12:00:00Z");
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW }));
afterEach(() => void vi.useRealTimers());

/** A stream that its source leaves open, and what becomes of it. */
function openStream() {
  const cancelled = vi.fn();
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      source = controller;
    },
    cancel: cancelled,
  });
  const response = new Response(body, { status: 202, headers: { "content-type": "text/event-stream" } });
  return {
    response,
    cancelled,
    send: (text: string) => source?.enqueue(Buffer.from(text)),
    source: () => source,
  };
}

const text = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString();

describe("a response until a time", () => {
  it("GW-14 passes what is sent before, and ends then, with its source", async () => {
    const { response, cancelled, send } = openStream();
    const limited = responseUntil(response, inSeconds(60));
    expect([limited.status, limited.headers.get("content-type")]).toEqual([202, "text/event-stream"]);
    const reader = limited.body?.getReader();
    send("data: 1\n\n");
    expect(text((await reader?.read())?.value)).toBe("data: 1\n\n");
    const next = reader?.read();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(cancelled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect((await next)?.done).toBe(true);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("GW-14 ends at once when the time has passed", async () => {
    const { response, cancelled } = openStream();
    const next = responseUntil(response, inSeconds(-1)).body?.getReader().read();
    await vi.advanceTimersByTimeAsync(0);
    expect((await next)?.done).toBe(true);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("leaves no timer behind when the body ends, breaks or is not wanted any more", async () => {
    expect(await responseUntil(new Response("all"), inSeconds(60)).text()).toBe("all");
    const broken = openStream();
    const reading = responseUntil(broken.response, inSeconds(60)).text();
    broken.source()?.error(new Error("torn"));
    await expect(reading).rejects.toThrow("torn");
    const unwanted = openStream();
    await responseUntil(unwanted.response, inSeconds(60)).body?.cancel("enough");
    expect(unwanted.cancelled).toHaveBeenCalledWith("enough");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for a time that is farther off than a timer reaches", async () => {
    const { response, cancelled } = openStream();
    void responseUntil(response, inSeconds(400 * 86_400))
      .body?.getReader()
      .read();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(cancelled).not.toHaveBeenCalled();
  });

  it("leaves an answer without a body alone", () => {
    const empty = new Response(null, { status: 204 });
    expect(responseUntil(empty, inSeconds(0))).toBe(empty);
  });
});
