import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Instance, startInstance } from "./instance.ts";
import { bundleTestApp } from "./test-app-bundle.ts";

let folder: string;
let instance: Instance;

beforeAll(async () => {
  folder = await bundleTestApp();
  instance = await startInstance({ folder, settings: {}, log: () => undefined });
});
afterAll(async () => {
  await instance.stop();
  await rm(folder, { recursive: true, force: true });
});

async function answersAt(host: string): Promise<boolean> {
  const socket = connect(instance.httpPort, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe("an instance", () => {
  it("has its HTTP stream on 127.0.0.1 alone", async () => {
    expect(await answersAt("127.0.0.1")).toBe(true);
    expect(await answersAt("127.0.0.2")).toBe(false);
    expect(await answersAt("::1")).toBe(false);
  });

  it("says that its process ended, but not to an invocation that has been completed", async () => {
    const ending = await startInstance({ folder, settings: {}, log: () => undefined });
    const invocation = { functionName: "waiting", triggerMetadata: {} };
    const [lost, completed] = [vi.fn(), vi.fn()];
    ending.invoke({ ...invocation, invocationId: "1" }, completed);
    ending.completed("1");
    ending.invoke({ ...invocation, invocationId: "2" }, lost);
    await ending.stop();
    expect(lost).toHaveBeenCalledOnce();
    expect(completed).not.toHaveBeenCalled();
  });
});
