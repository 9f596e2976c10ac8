import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { backend, gateway } = stoppedAfterEach();

describe("limit-concurrency", () => {
  it("answers 429 while too many are inside", async () => {
    const held: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const server = await backend((_, response) => {
      held.push(() => response.end());
      arrived.resolve();
    });
    const limit = '<limit-concurrency key="k" max-count="1"><forward-request /></limit-concurrency>';
    const { url } = await gateway(
      { "api.xml": policies({ backend: limit }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const first = fetch(`${url}/x`);
    await arrived.promise;
    expect((await fetch(`${url}/x`)).status).toBe(429);
    held[0]?.();
    expect((await first).status).toBe(200);
  });
});
