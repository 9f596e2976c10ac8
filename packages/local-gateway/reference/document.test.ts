import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { supportedDocument } from "./document.ts";

describe("the document of what is supported", () => {
  it("is what the tables give (npm run document -w packages/local-gateway)", async () => {
    expect(await readFile(new URL("../SUPPORTED.md", import.meta.url), "utf8")).toBe(supportedDocument());
  });

  it("has elements, what stands in them, constructs and members", () => {
    const document = supportedDocument();
    expect(document).toContain(
      "### `set-header`\n\nIn every section.\n\n- `<set-header>`: **`name`**, `exists-action`\n  - `<value>`",
    );
    expect(document).toContain("- `<include-fragment>`: **`fragment-id`**");
    expect(document).toContain("    - `<claim>`: **`name`**, `match`, `separator`\n      - `<value>`");
    expect(document).toMatch(/- Statements: .*`foreach_statement`/);
    expect(document).toMatch(/#### `IRequest`\n\n- Properties: `Body`, `Headers`/);
  });
});
