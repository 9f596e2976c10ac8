import { afterEach, describe, expect, it, vi } from "vitest";
import { REQUEST_MILLISECONDS } from "../../platform/request-scope.ts";
import { failureOf, refusalOf } from "../testing/failure.ts";
import { readForm, readJsonObject, requiredParameter, uniqueParameters } from "./request-body.ts";

const KIB = 1024;
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

function post(
  body: string | ReadableStream<Uint8Array> | null,
  contentType: string | undefined,
  headers: Record<string, string> = {},
) {
  const request = new Request("https://as.example/token", { method: "POST", body, duplex: "half", headers });
  request.headers.delete("content-type");
  if (contentType !== undefined) request.headers.set("content-type", contentType);
  return request;
}

/** A body that comes in chunks and tells whether it was cancelled, and how much of it was taken. */
function stream(chunks: number, size: number, fill = "a") {
  const state = { cancelled: false, sent: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.sent === chunks) return controller.close();
        state.sent++;
        controller.enqueue(new TextEncoder().encode(fill.repeat(size)));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}

describe("readForm", () => {
  it("gives the parameters, decoded, without the empty ones", async () => {
    const form = await readForm(post("a=1&b=%C3%BC+%26&c=&d=x%3Dy%2Bz&e", FORM));
    expect(Object.fromEntries(form)).toEqual({ a: "1", b: "ü &", d: "x=y+z" });
  });

  it.each([FORM, `${FORM};charset=UTF-8`, `${FORM} ; charset=utf-8`, "Application/X-WWW-Form-Urlencoded"])(
    "takes %s",
    async (type) => {
      expect((await readForm(post("a=1", type))).get("a")).toBe("1");
    },
  );

  it.each([
    undefined,
    "",
    JSON_TYPE,
    "text/plain",
    "multipart/form-data; boundary=x",
    `${FORM}x`,
    `text/plain, ${FORM}`,
    `text/plain;${FORM}`,
  ])("refuses content type %j without reading", async (type) => {
    const { body, state } = stream(1, 10);
    expect(await failureOf(readForm(post(body, type)))).toMatchObject({
      code: "invalid_request",
      status: 400,
      description: `Content-Type must be ${FORM}.`,
    });
    expect(state.sent).toBe(0);
  });

  it("takes a form without a body for an empty one", async () => {
    expect([...(await readForm(post(null, FORM)))]).toEqual([]);
  });

  it("TOK-2 refuses a repeated parameter", async () => {
    expect(await failureOf(readForm(post("code=a&code=b", FORM)))).toMatchObject({
      code: "invalid_request",
      description: "code is repeated.",
    });
  });
});

describe("the limit of 16 KiB to JSON, which is stored", () => {
  const json = (size: number) => post(`{"a":"${"x".repeat(size - 8)}"}`, JSON_TYPE);

  it("lets a body of just that size through, and none of one byte more", async () => {
    expect(await readJsonObject(json(16 * KIB), "invalid_client_metadata")).toHaveProperty("a");
    expect(await failureOf(readJsonObject(json(16 * KIB + 1), "invalid_client_metadata"))).toMatchObject({
      code: "invalid_client_metadata",
      status: 413,
      description: "The body is larger than 16 KiB.",
    });
  });
});

describe("the time for a body", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is what a request may take; one that comes in drops is left", async () => {
    vi.useFakeTimers();
    let cancelled = false;
    const drops = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        controller.enqueue(new TextEncoder().encode("a"));
      },
      cancel() {
        cancelled = true;
      },
    });
    const failure = failureOf(readForm(post(drops, FORM)));
    await vi.advanceTimersByTimeAsync(REQUEST_MILLISECONDS - 1);
    expect(cancelled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({
      code: "invalid_request",
      status: 408,
      description: "The body did not come in time.",
    });
    expect(cancelled).toBe(true);
  });

  it("leaves no timer behind", async () => {
    vi.useFakeTimers();
    await readForm(post("a=1", FORM));
    await failureOf(readForm(post("x".repeat(64 * KIB + 1), FORM)));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the limit of 64 KiB to forms", () => {
  it("lets a body of just that size through", async () => {
    const text = `a=${"x".repeat(64 * KIB - 2)}`;
    expect((await readForm(post(text, FORM))).get("a")).toHaveLength(64 * KIB - 2);
    const { body } = stream(64, KIB);
    await expect(readForm(post(body, FORM))).resolves.toBeDefined();
  });

  it.each([
    ["of one byte more", post("x".repeat(64 * KIB + 1), FORM)],
    ["that says it is larger", post("a=1", FORM, { "content-length": String(64 * KIB + 1) })],
    ["that says it is endless", post("a=1", FORM, { "content-length": "1e99" })],
  ])("refuses a body %s", async (_, request) => {
    expect(await failureOf(readForm(request))).toMatchObject({
      code: "invalid_request",
      status: 413,
      description: "The body is larger than 64 KiB.",
    });
  });

  it("reads nothing of a body that says it is larger", async () => {
    const { body, state } = stream(1, 10);
    await failureOf(readForm(post(body, FORM, { "content-length": String(65 * KIB) })));
    expect(state.sent).toBe(0);
  });

  it("stops a body without a length as soon as it is too large", async () => {
    const { body, state } = stream(1_000_000, 16 * KIB);
    expect(await failureOf(readForm(post(body, FORM)))).toMatchObject({ status: 413 });
    expect(state).toEqual({ cancelled: true, sent: 5 });
  });

  it("does not trust a length that says less than there is", async () => {
    const { body, state } = stream(1_000_000, 16 * KIB);
    expect(await failureOf(readForm(post(body, FORM, { "content-length": "10" })))).toMatchObject({
      status: 413,
    });
    expect(state.cancelled).toBe(true);
  });

  it("counts bytes, not characters", async () => {
    const { body } = stream(33, KIB, "ü");
    expect(await failureOf(readForm(post(body, FORM)))).toMatchObject({ status: 413 });
  });

  it("holds for JSON as well, with the endpoint's own code", async () => {
    const request = post(JSON.stringify({ a: "x".repeat(64 * KIB) }), JSON_TYPE);
    expect(await failureOf(readJsonObject(request, "invalid_client_metadata"))).toMatchObject({
      code: "invalid_client_metadata",
      status: 413,
    });
  });
});

describe("readJsonObject", () => {
  it("gives the object, whatever comes in how many chunks", async () => {
    const bytes = new TextEncoder().encode('{"name":"Größe 🦜"}');
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await readJsonObject(post(body, `${JSON_TYPE}; charset=utf-8`), "invalid_request")).toEqual({
      name: "Größe 🦜",
    });
  });

  it.each([
    ["", "The body is not valid JSON."],
    ["{", "The body is not valid JSON."],
    ["{'a': 1}", "The body is not valid JSON."],
    ['{"a":1}{"b":2}', "The body is not valid JSON."],
    ["a=1", "The body is not valid JSON."],
    ["[]", "The body is not a JSON object."],
    ["null", "The body is not a JSON object."],
    ['"text"', "The body is not a JSON object."],
    ["1", "The body is not a JSON object."],
  ])("refuses %j", async (body, description) => {
    expect(await failureOf(readJsonObject(post(body, JSON_TYPE), "invalid_client_metadata"))).toMatchObject({
      code: "invalid_client_metadata",
      status: 400,
      description,
    });
  });

  it.each([undefined, FORM, "text/json", "application/json-patch+json"])(
    "refuses content type %j",
    async (type) => {
      expect(await failureOf(readJsonObject(post("{}", type), "invalid_request"))).toMatchObject({
        description: "Content-Type must be application/json.",
      });
    },
  );
});

describe("uniqueParameters", () => {
  it.each([
    ["code=1&code=1", "code is repeated."],
    ["code=&code=1", "code is repeated."],
    ["code=1&code=", "code is repeated."],
    ["client_id=1&b=2&client_id=3", "client_id is repeated."],
    ["%63ode=1&code=2", "code is repeated."],
    ["call_us_now=1&call_us_now=2", "a parameter is repeated."],
    ["a%22b=1&a%22b=2", "a parameter is repeated."],
    [`${"a".repeat(41)}=1&${"a".repeat(41)}=2`, "a parameter is repeated."],
  ])("AUT-1 refuses %s", (search, description) => {
    expect(refusalOf(() => uniqueParameters(new URLSearchParams(search)))).toMatchObject({
      code: "invalid_request",
      description,
    });
  });

  it("tells names apart by letter case", () => {
    expect(uniqueParameters(new URLSearchParams("a=1&A=2")).size).toBe(2);
  });

  it("looks at each parameter once, however many there are", () => {
    const search = new URLSearchParams(
      Array.from({ length: 20_000 }, (_, i): [string, string] => [`n${i}`, "v"]),
    );
    let lookups = 0;
    search.getAll = () => {
      lookups++;
      return [];
    };
    expect(uniqueParameters(search).size).toBe(20_000);
    expect(lookups).toBe(0);
  });
});

describe("requiredParameter", () => {
  it("gives the value, and names what is missing", () => {
    const parameters = uniqueParameters(new URLSearchParams("a=1&b="));
    expect(requiredParameter(parameters, "a")).toBe("1");
    for (const name of ["b", "c"]) {
      expect(refusalOf(() => requiredParameter(parameters, name))).toMatchObject({
        code: "invalid_request",
        description: `${name} is missing.`,
      });
    }
  });
});
