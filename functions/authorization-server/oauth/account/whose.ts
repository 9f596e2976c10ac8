import { OAuthError } from "../../errors.ts";
import { OPERATOR_ROLE } from "./operator-role.ts";
import type { SignedIn } from "./signed-in.ts";

const OBJECT_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Whose sessions a page is about. */
export interface Whose {
  readonly objectId: string;
  readonly isOwn: boolean;
}

/**
 * Decides whose sessions a person may see and end: their own, and an operator those of anyone in the operator's own tenant.
 *
 * @param named object ID of another, as the query or a form has it
 * @throws OAuthError `access_denied` (403) to whom is no operator, `invalid_request` when it is no object ID
 */
export function whose(signedIn: SignedIn, named: string | undefined): Whose {
  const objectId = named === undefined ? signedIn.objectId : named.trim().toLowerCase();
  if (objectId === signedIn.objectId) return { objectId, isOwn: true };
  if (!signedIn.isOperator) {
    throw new OAuthError(
      "access_denied",
      `The app role ${OPERATOR_ROLE} of this gateway's own application is needed.`,
      { reason: "operator_role_missing", status: 403, explanation: "operatorRoleMissing" },
    );
  }
  if (!OBJECT_ID.test(objectId)) {
    throw new OAuthError("invalid_request", "user is no object ID.", {
      reason: "no_object_id",
      explanation: "noObjectId",
    });
  }
  return { objectId, isOwn: false };
}
