/**
 * How long support code waits for what must come, in milliseconds. It only ends a test that hangs: a test that passes never waits for
 * it, and a busy machine stays far below it.
 */
export const PATIENCE_MS = 90_000;
