import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { settingsDocument } from "./document.ts";

await writeFile(join(import.meta.dirname, "..", "SETTINGS.md"), settingsDocument());
