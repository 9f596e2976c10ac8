import * as z from "zod";

/** Source of a pattern for an ID in Entra, in the lower case that tokens use. */
export const GUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}";

const WHOLE = new RegExp(`^${GUID}$`);

/** @returns whether a text is an ID in Entra (of a tenant, an application, an object), in lower case */
export function isGuid(text: string): boolean {
  return WHOLE.test(text);
}

/** An ID in Entra, as a setting. */
export const entraId = z.uuid().toLowerCase();
