import { claudeCode } from "./claude-code.ts";
import { codex } from "./codex.ts";
import { copilot } from "./copilot.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";
import type { Program } from "./program.ts";
import { qwen } from "./qwen.ts";

/** Every program that is tried, in the order of docs/clients.md. */
export const programs: readonly Program[] = [codex, claudeCode, copilot, opencode, gemini, qwen];
