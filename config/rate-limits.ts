import * as z from "zod";
import { seconds } from "./lifetimes.ts";

const rate = (calls: number, period: number) =>
  z.strictObject({
    calls: z.int().min(1).max(1_000_000).default(calls),
    /** Seconds; API Management allows 300 at most. */
    period: seconds(1, 300).default(period),
  });

/** How often the gateway lets callers in. */
export const rateLimitsSchema = z.strictObject({
  // By address means: what programs and people send from there, and apart from it what web pages have browsers send. The
  // defaults let 200 colleagues behind one address through in their busiest minute, all with one client (docs/threat-model.md).
  /** Per address: /register and /register/{client_id} together. Each is written; the longer period lets a burst through, and no flood. */
  register: rate(500, 300).prefault({}),
  /** Per address: /authorize, /consent, /callback and /account together. */
  signIn: rate(2400, 60).prefault({}),
  /** Per address: /token and /revoke together; /introspect by itself. */
  token: rate(2400, 60).prefault({}),
  /** Per client at one address: /token, /revoke and /introspect together; /authorize by itself. */
  client: rate(1200, 60).prefault({}),
  /**
   * Per client, from all addresses together: the same paths, twice over, for addresses from which it got tokens within a
   * day and for all others. Anyone who knows a public client's ID can use up the latter, so keep it high.
   */
  clientEverywhere: rate(60_000, 60).prefault({}),
  /** Per session. */
  mcp: rate(1200, 60).prefault({}),
  /** Per address: metadata, keys and health, of which each client reads some before it signs in. */
  documents: rate(3000, 60).prefault({}),
});
