import { Resolver } from "node:dns/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failureOf } from "../../testing/failure.ts";
import { publicInternet } from "./network.ts";

const never = new AbortController().signal;

afterEach(() => {
  vi.restoreAllMocks();
});

/** What DNS answers, for both kinds of addresses. */
function dns(v4: () => Promise<string[]>, v6: () => Promise<string[]>) {
  return {
    v4: vi.spyOn(Resolver.prototype, "resolve4").mockImplementation(v4 as unknown as Resolver["resolve4"]),
    v6: vi.spyOn(Resolver.prototype, "resolve6").mockImplementation(v6),
    cancel: vi.spyOn(Resolver.prototype, "cancel").mockImplementation(() => undefined),
  };
}

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

describe("publicInternet", () => {
  it("CLI-4 gives every address of a name, of both kinds, so that each is checked", async () => {
    const { v4, v6 } = dns(
      async () => ["192.0.2.1", "192.0.2.2"],
      async () => ["2001:db8::1"],
    );
    const addresses = await publicInternet.resolve("client.example", never);
    expect(addresses).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
    expect(v4.mock.calls).toEqual([["client.example"]]);
    expect(v6.mock.calls).toEqual([["client.example"]]);
  });

  it("gives the addresses of a name that has one kind alone", async () => {
    dns(async () => ["192.0.2.1"], failing("ENODATA"));
    expect(await publicInternet.resolve("client.example", never)).toEqual(["192.0.2.1"]);
    dns(failing("ENODATA"), async () => ["2001:db8::1"]);
    expect(await publicInternet.resolve("client.example", never)).toEqual(["2001:db8::1"]);
  });

  it("says why there is none", async () => {
    dns(failing("ENOTFOUND"), failing("ENODATA"));
    expect(await failureOf(publicInternet.resolve("client.example", never))).toMatchObject({
      code: "ENOTFOUND",
    });
  });

  it("CLI-4 stops asking when time is up, and not after it was answered", async () => {
    const { cancel } = dns(
      () => new Promise(() => undefined),
      async () => [],
    );
    const late = new AbortController();
    void publicInternet.resolve("client.example", late.signal);
    expect(cancel).not.toHaveBeenCalled();
    late.abort();
    expect(cancel).toHaveBeenCalledTimes(1);

    dns(
      async () => ["192.0.2.1"],
      async () => [],
    );
    const answered = new AbortController();
    await publicInternet.resolve("client.example", answered.signal);
    answered.abort();
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});
