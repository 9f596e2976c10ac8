/**
 * What a client's developer reads (`error_description`, RFC 6749 §4.1.2.1) when a person is not let in, by reason. Answers carry no
 * reason of their own, so `npm run doctor` finds it by the description.
 */
export const REFUSAL_DESCRIPTIONS = {
  declined: "The person did not allow it.",
  cancelled: "The person cancelled the sign-in.",
  "tenant-not-allowed": "The person is of an organization that may not use this gateway.",
  "no-access": "The person may not use this server.",
  assignment: "The person is not assigned to the application.",
  "account-disabled": "The account is disabled.",
  "conditional-access": "A Conditional Access policy refused the sign-in.",
  consent: "The tenant has not consented to the permissions yet.",
  "administrator-consent": "An administrator of the tenant has to consent first.",
} as const;

export type RefusalReason = keyof typeof REFUSAL_DESCRIPTIONS;

/** @returns the reason that an `error_description` gives; undefined when it is another error's */
export function refusalReason(description: string): RefusalReason | undefined {
  const reasons = Object.keys(REFUSAL_DESCRIPTIONS) as RefusalReason[];
  return reasons.find((reason) => REFUSAL_DESCRIPTIONS[reason] === description);
}
