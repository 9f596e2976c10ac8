import * as z from "zod";
import { localText } from "./local-text.ts";

/** 32 KiB; the whole configuration travels in one app setting, in base64. */
export const LOGO_LIMIT_BYTES = 32 * 1024;

const link = localText(
  z
    .string()
    .max(500)
    .refine((text) => {
      const url = URL.parse(text);
      return url?.protocol === "https:" && url.username === "" && url.password === "";
    }, "is no https URL"),
);

/** Links at the foot of every page. */
const links = { termsUrl: link.optional(), privacyUrl: link.optional(), supportUrl: link.optional() };

export const LINK_NAMES = Object.keys(links) as readonly (keyof typeof links)[];

/** How the pages look, beside the gateway's name. */
export const brandingSchema = z.strictObject({
  /** `#rrggbb`. The pages darken or lighten it as far as it takes to be readable (WCAG 2.2 AA). */
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'is no colour like "#0f5bb5"')
    .default("#0f5bb5"),
  /**
   * Path of an SVG or PNG file of at most 32 KiB, from the folder of the configuration file. `loadGatewayConfig` puts the
   * file's content in its place, as a `data:` URI.
   */
  logo: z
    .string()
    .regex(/^data:image\/(?:svg\+xml|png);base64,[A-Za-z0-9+/]+={0,2}$/, "is no SVG or PNG file")
    .optional(),
  ...links,
});
