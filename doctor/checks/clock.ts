import { type Check, findingsOf } from "../check.ts";
import type { Catalogue } from "../finding.ts";
import { connection } from "./connection.ts";

const WARN_SECONDS = 30;
/** Tokens are checked without any tolerance, and Entra tolerates five minutes at most. */
const WRONG_SECONDS = 300;

const catalogue = {
  "clock-skew": {
    level: "error",
    means: `The gateway's clock and this machine's are more than ${WRONG_SECONDS} s apart`,
    why: "Tokens look expired or not yet valid to whoever has the wrong time, so sign-ins fail or end at once.",
  },
  "clock-drift": {
    level: "warning",
    means: `The gateway's clock and this machine's are more than ${WARN_SECONDS} s apart`,
    why: "Codes live for a minute: a client with such a clock may take a good one for an old one.",
  },
  "clock-unknown": {
    level: "info",
    means: "The gateway's answers have no Date header",
    why: "The clocks cannot be compared; something between strips the header.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The gateway's clock agrees with this machine's. */
export const clock: Check = {
  name: "clock",
  title: "Clock",
  needs: [connection],
  catalogue,
  async examine(given) {
    const { theirs, ours } = given(connection);
    if (theirs === undefined) {
      return { findings: [find("clock-unknown", { what: "The answer came without Date.", mend: [] })] };
    }
    const seconds = Math.round((theirs - ours) / 1000);
    const apart = Math.abs(seconds);
    if (apart <= WARN_SECONDS) return { findings: [], fine: `${apart} s apart` };
    return {
      findings: [
        find(apart > WRONG_SECONDS ? "clock-skew" : "clock-drift", {
          what: `The gateway's clock is ${apart} s ${seconds > 0 ? "ahead of" : "behind"} this machine's. Azure's clocks are right; this machine's is the likelier one.`,
          mend: [
            "Windows, as administrator: w32tm /resync",
            "Linux: sudo timedatectl set-ntp true",
            "macOS: sudo sntp -sS time.apple.com",
          ],
        }),
      ],
    };
  },
};
