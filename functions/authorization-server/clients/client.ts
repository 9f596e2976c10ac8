import type { GrantType } from "../../../config/rules/client-metadata.ts";

/** A client as the endpoints know it, however it came to be known. Names follow RFC 7591 §2. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly GrantType[];
  /**
   * The URL of the client's document, whose host publishes the client. What a client says of its own website (`client_uri`) is not
   * here: nobody verified it, and no page shows it.
   */
  readonly uri?: string;
  /**
   * `configured` clients were entered by the operator; a `registered` one says of itself what it likes; of a `document`
   * one we know which host publishes it, from that host, the operator's copy or our list, and nothing else.
   */
  readonly origin: "configured" | "registered" | "document";
  /** Set when this use of a registration ought to be noted (at most once a day). */
  readonly useIsWorthNoting: boolean;
  /** Set when somebody's next sign-in with it has to satisfy claims, or may have to as far as a look at it tells. */
  readonly owesClaims?: true;
}

/** How much of a client's name cookies and sessions keep, in UTF-16 code units. */
const KEPT_NAME_LIMIT = 120;

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** @returns a client's name, or its beginning with an ellipsis, cut where no character comes apart */
export function keptName(name: string): string {
  if (name.length <= KEPT_NAME_LIMIT) return name;
  let shown = "";
  for (const { segment } of characters.segment(name)) {
    if (shown.length + segment.length >= KEPT_NAME_LIMIT) break;
    shown += segment;
  }
  return `${shown.trimEnd()}…`;
}

/** Stands for the name of a client that gave none, or none that a person could see. */
export const UNNAMED_CLIENT = "An application without a name";
