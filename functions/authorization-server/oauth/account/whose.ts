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
      `Only operators of this gateway see what other people connected. If you are to be one, ask your administrator to assign you the app role ${OPERATOR_ROLE} of this gateway's application in Microsoft Entra ID, then sign out here and in again.`,
      { reason: "operator_role_missing", status: 403 },
    );
  }
  if (!OBJECT_ID.test(objectId)) {
    throw new OAuthError(
      "invalid_request",
      "That is no object ID. A person's object ID in Microsoft Entra ID looks like 2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c.",
      { reason: "no_object_id" },
    );
  }
  return { objectId, isOwn: false };
}
