import { writeFile } from "node:fs/promises";
import { supportedDocument } from "./document.ts";

await writeFile(new URL("../SUPPORTED.md", import.meta.url), supportedDocument());
