/**
 * Loaded by a client's process before the client itself (`node --import`), so that the client agrees with a twin whose time was
 * moved forward by `CLOCK_AHEAD_SECONDS`.
 */
import { advanceClock } from "../../twin/clock.ts";

advanceClock(Number(process.env["CLOCK_AHEAD_SECONDS"] ?? 0));
