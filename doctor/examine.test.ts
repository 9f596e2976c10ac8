import { describe, expect, it } from "vitest";
import { type Check, findingsOf } from "./check.ts";
import { examine } from "./examine.ts";
import { NetworkError } from "./network.ts";
import { visitTo } from "./testing/examination.ts";

const catalogue = { bad: { level: "error", means: "bad", why: "because" } } as const;
const bad = findingsOf(catalogue)("bad", { what: "It is bad.", mend: ["mend it"] });

const visit = visitTo("http://localhost/mcp");

function check<R>(name: string, needs: readonly Check[], run: Check<R>["examine"]): Check<R> {
  return { name, title: name.toUpperCase(), needs, catalogue, examine: run };
}

describe("examine", () => {
  it("gives a check the results that it needs", async () => {
    const first = check("first", [], async () => ({ findings: [], result: 21 }));
    const second = check("second", [first], async (given) => ({
      findings: [],
      fine: String(given(first) * 2),
    }));
    expect(await examine([first, second], visit)).toMatchObject([{ outcome: "fine" }, { fine: "42" }]);
  });

  it("does not run what needs a failed check, and names the one that it began with", async () => {
    const first = check("first", [], async () => ({ findings: [bad] }));
    const second = check<number>("second", [first], () => Promise.reject(new Error("was run")));
    const third = check("third", [second], () => Promise.reject(new Error("was run")));
    const notChecked = { outcome: "not-checked", notChecked: 'needs "FIRST"', findings: [] };
    expect(await examine([first, second, third], visit)).toMatchObject([
      { outcome: "error", findings: [bad] },
      notChecked,
      notChecked,
    ]);
  });

  it("goes on after a check with findings that has a result all the same", async () => {
    const first = check("first", [], async () => ({ findings: [bad], result: 1 }));
    const second = check("second", [first], async () => ({ findings: [] }));
    expect((await examine([first, second], visit)).map(({ outcome }) => outcome)).toEqual(["error", "fine"]);
  });

  it("makes a finding of a request that nobody answers, and none of a fault of its own", async () => {
    const silent = check("silent", [], () =>
      Promise.reject(
        new NetworkError("http://localhost/x?code=secret", "ECONNRESET", "the connection was cut"),
      ),
    );
    const [examined] = await examine([silent], visit);
    expect(examined?.findings[0]).toMatchObject({ code: "no-answer", level: "error" });
    expect(JSON.stringify(examined)).not.toContain("secret");
    const faulty = check("faulty", [], () => Promise.reject(new TypeError("x is undefined")));
    await expect(examine([faulty], visit)).rejects.toThrow("x is undefined");
  });

  it("refuses a check that takes what it did not ask for", async () => {
    const first = check("first", [], async () => ({ findings: [], result: 1 }));
    const second = check("second", [], async (given) => ({
      findings: [],
      fine: String(given(check("x", [], first.examine))),
    }));
    await expect(examine([first, second], visit)).rejects.toThrow("not among the needs");
  });
});
