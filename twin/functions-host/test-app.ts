import { once } from "node:events";
import { enableHttpStreams, httpFunction } from "../../functions/platform/http/register.ts";

/** The app of this host's tests: bundled and run as any other. */

if (process.env["FAIL_WITH"]) throw new Error(process.env["FAIL_WITH"]);

enableHttpStreams();

httpFunction("environment", {
  methods: ["GET"],
  route: "environment",
  endpoint: async () => Response.json(Object.keys(process.env).sort()),
});

httpFunction("process", {
  methods: ["GET"],
  route: "process",
  endpoint: async () => Response.json(process.pid),
});

httpFunction("exit", {
  methods: ["POST"],
  route: "exit",
  endpoint: async () => process.exit(3),
});

httpFunction("echo", {
  methods: ["POST"],
  route: "echo",
  endpoint: async (request) => new Response(request.body, { headers: { "Content-Type": "text/plain" } }),
});

httpFunction("request", {
  methods: ["GET", "HEAD"],
  route: "request/{*rest}",
  endpoint: async (request, call) => {
    call.log("warn", "asked", { n: 1 });
    return Response.json({ url: request.url, headers: Object.fromEntries(request.headers) });
  },
});

httpFunction("waiting", {
  methods: ["GET"],
  route: "waiting",
  endpoint: async (request, call) => {
    call.log("info", "waiting");
    await once(request.signal, "abort");
    call.log("info", "caller_gone");
    return new Response("too late");
  },
});

httpFunction("refusal", {
  methods: ["POST"],
  route: "refusal",
  endpoint: async () => new Response("too much", { status: 413 }),
});

httpFunction("status", {
  methods: ["GET"],
  route: "status/{status}",
  endpoint: async (request) => new Response(null, { status: Number(request.url.split("/").at(-1)) }),
});

httpFunction("cookies", {
  methods: ["GET"],
  route: "cookies",
  endpoint: async () => {
    const headers = new Headers();
    headers.append(
      "Set-Cookie",
      "__Host-flow=eyJh.b-c_d; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600",
    );
    headers.append("Set-Cookie", "__Host-csrf=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    return new Response("ok", { headers });
  },
});

httpFunction("failure", {
  methods: ["GET"],
  route: "failure",
  endpoint: async () => {
    throw new TypeError("no such thing: eyJhbGciOi");
  },
});

httpFunction("broken-stream", {
  methods: ["GET"],
  route: "broken-stream",
  endpoint: async () =>
    new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) })),
});

/** Sends one more event each time it is asked to, and says when its reader has gone. */
const streams = new Map<string, ReadableStreamDefaultController<Uint8Array>>();

httpFunction("stream", {
  methods: ["GET"],
  route: "stream/{id}",
  endpoint: async (request, call) => {
    const id = request.url.split("/").at(-1) ?? "";
    request.signal.addEventListener("abort", () => call.log("info", "request_aborted"));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.set(id, controller);
        controller.enqueue(new TextEncoder().encode("data: first\n\n"));
      },
      cancel: () => call.log("info", "stream_cancelled"),
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  },
});

httpFunction("stream-event", {
  methods: ["POST"],
  route: "stream-event/{id}",
  endpoint: async (request) => {
    const controller = streams.get(request.url.split("/").at(-1) ?? "");
    const text = await request.text();
    if (text === "fail") controller?.error(new Error("broken"));
    else controller?.enqueue(new TextEncoder().encode(text));
    return new Response(null, { status: 204 });
  },
});

/** 64 chunks of a mebibyte, each made when it is asked for. */
let largeChunks = 0;

httpFunction("large", {
  methods: ["GET"],
  route: "large",
  endpoint: async () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          largeChunks += 1;
          controller.enqueue(new Uint8Array(1024 * 1024));
          if (largeChunks === 64) controller.close();
        },
      }),
    ),
});

httpFunction("large-chunks", {
  methods: ["GET"],
  route: "large-chunks",
  endpoint: async () => Response.json(largeChunks),
});
