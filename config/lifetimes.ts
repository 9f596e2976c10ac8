import * as z from "zod";

export const seconds = (shortest: number, longest: number) => z.int().min(shortest).max(longest);

const HOUR = 3600;
export const DAY = 24 * HOUR;

/** All in seconds. */
export const lifetimesSchema = z.strictObject({
  accessToken: seconds(1, DAY).default(HOUR),
  authorizationCode: seconds(1, 600).default(60),
  /** A refresh token not used for this long ends. */
  refreshToken: seconds(1, 90 * DAY).default(30 * DAY),
  /** A session ends after this long, however much it is used. */
  session: seconds(1, 365 * DAY).default(90 * DAY),
  /** From the consent page to the return from Entra. */
  signIn: seconds(10, HOUR).default(600),
  /**
   * How long the answer to a refresh may be had again with the same refresh token. Later use of a token that was replaced ends
   * the session.
   */
  refreshReplay: seconds(0, 600).default(60),
  /**
   * A registration with which nobody signed in, and which did not refresh, for this long ends. One with which nobody ever
   * signed in ends after a day.
   */
  registration: seconds(60, 365 * DAY).default(90 * DAY),
  /** How long the gateway keeps a user's Entra token or assertion before it asks again whether the session still stands. */
  gatewayCache: seconds(1, HOUR).default(300),
});

export type Lifetimes = z.output<typeof lifetimesSchema>;
