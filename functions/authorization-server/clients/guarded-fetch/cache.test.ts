import { describe, expect, it } from "vitest";
import { makeClock } from "../../testing/clock.ts";
import { failureOf } from "../../testing/failure.ts";
import { remoteCache } from "./cache.ts";
import { FetchError, TooManyFetchesError } from "./fetch-error.ts";
import { LONGEST_FRESH } from "./freshness.ts";

const URL_A = "https://client.example/a";
const OUT = new FetchError("unavailable", "network ECONNREFUSED");
const GONE = new FetchError("gone", "status 404");

function setup(entries = 3) {
  const clock = makeClock();
  const loads: string[] = [];
  const remote = {
    freshFor: 100,
    load: async (url: string): Promise<string> => `${url} ${loads.length}`,
  };
  const get = remoteCache(
    async (url) => {
      loads.push(url);
      return { value: await remote.load(url), freshFor: remote.freshFor };
    },
    { entries, failurePause: () => 30 },
    clock.now,
  );
  return { clock, loads, remote, get };
}

describe("remoteCache", () => {
  it("CLI-3 asks once for as long as the answer is fresh, and then again", async () => {
    const { clock, get } = setup();
    expect(await get(URL_A)).toBe(`${URL_A} 1`);
    clock.advance(99);
    expect(await get(URL_A)).toBe(`${URL_A} 1`);
    clock.advance(1);
    expect(await get(URL_A)).toBe(`${URL_A} 2`);
  });

  it("CLI-4 asks once for all who ask at the same time, be it well or ill", async () => {
    const { clock, loads, remote, get } = setup();
    await Promise.all(Array.from({ length: 50 }, () => get(URL_A)));
    expect(loads).toHaveLength(1);
    clock.advance(100);
    remote.load = () => Promise.reject(GONE);
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => get(URL_A)));
    expect(all.every((each) => each.status === "rejected" && each.reason === GONE)).toBe(true);
    expect(loads).toHaveLength(2);
  });

  it("CLI-4 asks again at once where nobody was asked", async () => {
    const { remote, get } = setup();
    const { load } = remote;
    remote.load = () => Promise.reject(new TooManyFetchesError());
    expect(await failureOf(get(URL_A))).toMatchObject({ reason: "too_many_fetches" });
    remote.load = load;
    expect(await get(URL_A)).toBe(`${URL_A} 2`);
  });

  it("CLI-4 does not try a failure again for a while", async () => {
    const { clock, loads, remote, get } = setup();
    const { load } = remote;
    remote.load = () => Promise.reject(OUT);
    expect(await failureOf(get(URL_A))).toBe(OUT);
    remote.load = load;
    clock.advance(29);
    expect(await failureOf(get(URL_A))).toBe(OUT);
    expect(loads).toHaveLength(1);
    clock.advance(1);
    expect(await get(URL_A)).toBe(`${URL_A} 2`);
    expect(await get(URL_A)).toBe(`${URL_A} 2`);
  });

  it("gives the last value while a failure may pass, but not for ever", async () => {
    const { clock, loads, remote, get } = setup();
    await get(URL_A);
    remote.load = () => Promise.reject(OUT);
    clock.advance(100);
    expect(await get(URL_A)).toBe(`${URL_A} 1`);
    expect(await get(URL_A)).toBe(`${URL_A} 1`);
    expect(loads).toHaveLength(2);
    clock.advance(LONGEST_FRESH - 101);
    expect(await get(URL_A)).toBe(`${URL_A} 1`);
    clock.advance(1);
    expect(await failureOf(get(URL_A))).toBe(OUT);
  });

  it.each([GONE, new Error("not valid")])(
    "forgets the last value at once when it is withdrawn: %s",
    async (error) => {
      const { clock, remote, get } = setup();
      await get(URL_A);
      clock.advance(100);
      remote.load = () => Promise.reject(error);
      expect(await failureOf(get(URL_A))).toBe(error);
      clock.advance(30);
      remote.load = () => Promise.reject(OUT);
      expect(await failureOf(get(URL_A))).toBe(OUT);
    },
  );

  it("CLI-3 keeps so many, and drops the one that was not used for longest", async () => {
    const { loads, get } = setup();
    for (const name of ["1", "2", "3", "1", "4", "1"]) await get(name);
    expect(loads).toEqual(["1", "2", "3", "4"]);
    await get("2");
    expect(loads).toEqual(["1", "2", "3", "4", "2"]);
  });

  it("CLI-4 lets failures push out no value, and keeps so many of them", async () => {
    const { loads, remote, get } = setup();
    const { load } = remote;
    await get("good");
    remote.load = () => Promise.reject(OUT);
    for (const name of ["1", "2", "3", "4"]) await failureOf(get(name));
    remote.load = load;
    await get("good");
    expect(loads).toEqual(["good", "1", "2", "3", "4"]);
    expect(await failureOf(get("2"))).toBe(OUT);
    await get("1");
    expect(loads).toEqual(["good", "1", "2", "3", "4", "1"]);
  });
});
