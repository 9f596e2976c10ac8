import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeGateway } from "../../testing/gateway.ts";
import { readDescriptionFile } from "./description-file.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-description-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function read(content: string) {
  const file = join(folder, "description.json");
  await writeFile(file, content);
  return readDescriptionFile(file);
}

/** What is said of a description in which one field has another value, without the file's name. */
async function problemWith(field: string, value: unknown): Promise<string> {
  const described = describeGateway({ path: "test", namedValues: { name: "value" } });
  const description = JSON.parse(JSON.stringify(described)) as object;
  const names = field.split(/[[\].]+/);
  const parent = names
    .slice(0, -1)
    .reduce<object>((each, name) => Reflect.get(each, name) as object, description);
  Reflect.set(parent, names.at(-1) ?? "", value);
  const error: Error = await read(JSON.stringify(description)).then(
    () => expect.fail("the description was taken"),
    (refused) => refused,
  );
  return error.message.replace(`${join(folder, "description.json")}: `, "");
}

describe("a description file", () => {
  it("is read with every field", async () => {
    const described = describeGateway({ path: "a/b", fragments: ["part"], namedValues: { name: "value" } });
    const secret = { name: "key", value: "x", secret: true };
    const description = { ...described, namedValues: [...described.namedValues, secret] };
    expect(await read(JSON.stringify(description))).toEqual(description);
    expect(await read(`\uFEFF${JSON.stringify(description)}`)).toEqual(description);
  });

  it("may leave out fragments and named values", async () => {
    const { origin, apis } = describeGateway({});
    expect(await read(JSON.stringify({ origin, apis }))).toEqual({
      origin,
      apis,
      fragments: [],
      namedValues: [],
    });
  });

  it.each([
    ["apis[0].operations[1].method", "FETCH"],
    ["apis[0].operations[0].urlTemplate", "x"],
    ["apis[0].operations[0].policy", null],
    ["apis[0].serviceUrl", "ftp://files.example"],
    ["apis[0].path", "/test"],
    ["apis[0].policy", undefined],
    ["apis", undefined],
    ["origin", "http://localhost:8080/"],
    ["namedValues[0].value", 1],
  ])("is refused by the name of its field %s", async (field, value) => {
    const problem = await problemWith(field, value);
    expect(problem.slice(0, field.length + 2)).toBe(`${field}: `);
    expect(problem).toMatch(/: [A-Za-z][^\n]+$/);
  });

  it("is refused for a field that nobody knows", async () => {
    expect(await problemWith("apis[0].revision", 2)).toBe('apis[0]: Unrecognized key: "revision"');
  });

  it("is refused when it is not JSON, or not there", async () => {
    await expect(read('{"origin": }')).rejects.toThrow("description.json: this is not JSON: ");
    await expect(readDescriptionFile(join(folder, "none.json"))).rejects.toThrow(
      "none.json: the file cannot be read: ENOENT",
    );
  });
});
