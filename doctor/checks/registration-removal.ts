import { type Check, findingsOf } from "../check.ts";
import { readLog } from "../commands.ts";
import type { Catalogue } from "../finding.ts";
import { registration } from "./registration.ts";

const catalogue = {
  "registration-not-deleted": {
    level: "warning",
    means: "The doctor's registration could not be deleted",
    why: "It stays until nobody has used it for long enough; clients that clean up after themselves fail as well.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** Deletes the doctor's registration (RFC 7592 §2.3), last of all. */
export const registrationRemoval: Check = {
  name: "registration-removal",
  title: "Registration deleted",
  needs: [registration],
  catalogue,
  async examine(given, visit) {
    const { management } = given(registration);
    if (!management) return { findings: [], notChecked: "the server offers no management (RFC 7592)" };
    const { status, headers } = await visit.network.ask(management.uri, {
      method: "DELETE",
      headers: { authorization: `Bearer ${management.token}` },
    });
    if (status === 204) return { findings: [], fine: "204" };
    const what = `DELETE of the registration answers ${status}.`;
    const mend = readLog(visit, headers.get("x-correlation-id"));
    return { findings: [find("registration-not-deleted", { what, mend })] };
  },
};
