import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { OAuthError } from "../errors.ts";
import { readForm, readJsonObject, uniqueParameters } from "./request-body.ts";

const FORM_LIMIT_BYTES = 64 * 1024;
const JSON_LIMIT_BYTES = 16 * 1024;

/** Few names, so that they meet; and such as JavaScript's objects have of their own. */
const name = fc.oneof(
  fc.constantFrom("code", "state", "resource", "a", "__proto__", "constructor", "toString", "", 'a"', "ä\\"),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const pairs = fc.array(fc.tuple(name, fc.string({ unit: "binary", maxLength: 12 })), { maxLength: 8 });
const search = fc.oneof(
  pairs.map((each) => new URLSearchParams(each)),
  fc.string({ unit: "binary" }).map((text) => new URLSearchParams(text)),
);

const someBytes = fc.uint8Array({ maxLength: 400 });
const aroundTheLimit = fc.oneof(
  ...[FORM_LIMIT_BYTES, JSON_LIMIT_BYTES].map((limit) => fc.integer({ min: limit - 2, max: limit + 2 })),
);
const bytes = fc.oneof(
  { weight: 6, arbitrary: someBytes },
  { weight: 3, arbitrary: fc.json().map((text) => new TextEncoder().encode(text)) },
  { weight: 1, arbitrary: aroundTheLimit.map((size) => new Uint8Array(size).fill(0x20)) },
  { weight: 1, arbitrary: aroundTheLimit.map((size) => new Uint8Array(size).fill(0x5b)) },
);
const contentType = fc.oneof(
  fc.constantFrom("application/x-www-form-urlencoded", "application/json", "APPLICATION/JSON; charset=utf-8"),
  fc.stringMatching(/^[ -~]*$/),
);
const contentLength = fc.option(fc.constantFrom("0", "-1", "1e9", "NaN", "65537", "x"), { nil: undefined });

const request = fc
  .record({ bytes, contentType, contentLength, chunks: fc.integer({ min: 1, max: 5 }) })
  .map(({ bytes, contentType, contentLength, chunks }) => {
    const size = Math.ceil(bytes.byteLength / chunks) || 1;
    const headers = new Headers({ "content-type": contentType });
    if (contentLength !== undefined) headers.set("content-length", contentLength);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.byteLength; at += size) controller.enqueue(bytes.subarray(at, at + size));
        controller.close();
      },
    });
    const make = () => new Request("https://as.example/x", { method: "POST", headers, body, duplex: "half" });
    return { bytes, make };
  });

/** @returns what an operation gave; undefined when an OAuth error said what is wrong with the input */
async function unlessRefused<T>(operation: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    expect(error.description).toMatch(/^[ !#-[\]-~]+$/);
    expect([400, 413]).toContain(error.status);
    return undefined;
  }
}

describe("whatever is sent", () => {
  it("TOK-2 gives parameters that stood there once, or names the repetition", async () => {
    await fc.assert(
      fc.asyncProperty(search, fc.constantFrom(undefined, "resource"), async (given, repeatable) => {
        const counted = [...given.keys()].filter((each) => each !== repeatable);
        const isRepeated = new Set(counted).size < counted.length;
        const parameters = await unlessRefused(() => uniqueParameters(given, repeatable));
        expect(parameters === undefined).toBe(isRepeated);
        const expected = [...given].filter(([each, value]) => each !== repeatable && value !== "");
        if (parameters) expect([...parameters]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("reads as a form or is refused, and is never read beyond 64 KiB", async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ bytes, make }) => {
        const form = await unlessRefused(() => readForm(make()));
        if (form) expect(bytes.byteLength).toBeLessThanOrEqual(FORM_LIMIT_BYTES);
      }),
      { numRuns: 400 },
    );
  });

  it("reads as a JSON object or is refused, with the code that was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ bytes, make }) => {
        const object = await unlessRefused(() => readJsonObject(make(), "invalid_client_metadata"));
        if (object === undefined) return;
        expect(bytes.byteLength).toBeLessThanOrEqual(JSON_LIMIT_BYTES);
        expect(object).toEqual(JSON.parse(Buffer.from(bytes).toString("utf8")));
        expect(Object.prototype.toString.call(object)).toBe("[object Object]");
      }),
      { numRuns: 400 },
    );
  });
});
