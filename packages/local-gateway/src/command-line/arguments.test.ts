import { describe, expect, it } from "vitest";
import { readCommandLine } from "./arguments.ts";

const needed = ["--policies", "policies", "--description", "description.json"];
const read = (args: readonly string[], environment = {}) =>
  readCommandLine([...needed, ...args], environment);

describe("the command line", () => {
  it("needs the folder and the description, and takes the rest as it comes", () => {
    expect(read([])).toEqual({
      policies: "policies",
      description: "description.json",
      port: undefined,
      identity: undefined,
      verbose: false,
    });
    expect(read(["--port", "0", "--verbose"])).toMatchObject({ port: 0, verbose: true });
    expect(readCommandLine(["-h"], {})).toBe("help");
  });

  it("takes the identity's endpoint from options, or from the environment as App Service has it", () => {
    const environment = { IDENTITY_ENDPOINT: "http://localhost:1/token", IDENTITY_HEADER: "secret" };
    expect(read([], environment)).toMatchObject({
      identity: { endpoint: "http://localhost:1/token", header: "secret" },
    });
    expect(read(["--identity-endpoint", "http://localhost:2/"], environment)).toMatchObject({
      identity: { endpoint: "http://localhost:2/", header: "secret" },
    });
  });

  it.each([
    [["--port", "x"], '--port: "x" is not a port'],
    [["--port", "65536"], '--port: "65536" is not a port'],
    [["--identity-header", "x"], "--identity-endpoint and --identity-header are needed together"],
    [["--identity-header", "x", "--identity-endpoint", "here"], '--identity-endpoint: "here" is not a URL'],
    [["--wrong"], "Unknown option '--wrong'"],
    [["file"], "Unexpected argument 'file'"],
  ])("refuses %j", (args, problem) => {
    expect(() => read(args)).toThrow(problem);
  });

  it("says what is missing", () => {
    expect(() => readCommandLine([], {})).toThrow("--policies is missing");
    expect(() => readCommandLine(["--policies", "x"], {})).toThrow("--description is missing");
  });
});
