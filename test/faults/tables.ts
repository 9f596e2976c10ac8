import type { StepName } from "./attempt.ts";

/**
 * What each fault gives at each step. A cell is what whoever takes the step sees: a status, with its error; `page`, or one with
 * an error's status; `code`, or the error that the browser brings to the client. What follows `then` comes of the very same
 * request when the fault is over; on the way back from Entra, of reloading the page if there is one, and of another sign-in if that
 * does not help. A step with one cell for all asks nothing of what is out.
 */
export type Table<Column extends string> = Readonly<
  Record<StepName, Readonly<Partial<Record<Column, string>>> | string>
>;

const OUT = "503 temporarily_unavailable";

export const store: Table<"slow" | "silent" | "read fails" | "write fails" | "down" | "answer lost"> = {
  documents: "200",
  register: {
    slow: "201",
    silent: `${OUT}, then 201`,
    "write fails": `${OUT}, then 201`,
    down: `${OUT}, then 201`,
    "answer lost": `${OUT}, then 201`,
  },
  authorize: {
    slow: "page",
    silent: "page 503, then page",
    "read fails": "page 503, then page",
    down: "page 503, then page",
    "answer lost": "page",
  },
  consent: "page",
  "entra-answer": {
    slow: "code",
    silent: "error=temporarily_unavailable, then code",
    "write fails": "error=temporarily_unavailable, then code",
    down: "error=temporarily_unavailable, then code",
    "answer lost": "error=temporarily_unavailable, then code",
  },
  callback: {
    slow: "code",
    silent: "error=temporarily_unavailable, then code",
    "write fails": "error=temporarily_unavailable, then code",
    down: "error=temporarily_unavailable, then code",
    "answer lost": "error=temporarily_unavailable, then code",
  },
  token: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    "write fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  "call, not cached": {
    slow: "200",
    silent: "503 -32002, then 200",
    "read fails": "503 -32002, then 200",
    down: "503 -32002, then 200",
    "answer lost": "200",
  },
  "call, cached": "200",
  refresh: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    "write fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  "token for a second server": {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    "write fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  revoke: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    "write fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  introspect: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  "read registration": {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  "update registration": {
    slow: "200",
    silent: `${OUT}, then 200`,
    "read fails": `${OUT}, then 200`,
    "write fails": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  "delete registration": {
    slow: "204",
    silent: `${OUT}, then 204`,
    "read fails": `${OUT}, then 204`,
    "write fails": `${OUT}, then 204`,
    down: `${OUT}, then 204`,
    "answer lost": `${OUT}, then 401 invalid_token`,
  },
};

/** The user's kept Entra token is near its end, but for the last column. */
export const entra: Table<
  | "slow"
  | "silent"
  | "fails once"
  | "down"
  | "answers a page"
  | "answers nothing"
  | "answer lost"
  | "renewal not kept"
  | "renewal kept, answer lost"
  | "down, kept token good"
> = {
  documents: "200",
  register: "201",
  authorize: "page",
  consent: "page",
  "entra-answer": {
    slow: "code",
    silent: "error=temporarily_unavailable, then code",
    "fails once": "error=temporarily_unavailable, then code",
    down: "error=temporarily_unavailable, then code",
    "answers a page": "error=temporarily_unavailable, then code",
    "answers nothing": "error=temporarily_unavailable, then code",
    "answer lost": "error=temporarily_unavailable, then code",
  },
  callback: {
    slow: "code",
    silent: "error=temporarily_unavailable, then code",
    "fails once": "error=temporarily_unavailable, then code",
    down: "error=temporarily_unavailable, then code",
    "answers a page": "error=temporarily_unavailable, then code",
    "answers nothing": "error=temporarily_unavailable, then code",
    "answer lost": "error=temporarily_unavailable, then code",
  },
  token: "200",
  "call, not cached": {
    slow: "200",
    silent: "503 -32002, then 200",
    "fails once": "503 -32002, then 200",
    down: "503 -32002, then 200",
    "answers a page": "503 -32002, then 200",
    "answers nothing": "503 -32002, then 200",
    "answer lost": "503 -32002, then 200",
    "renewal not kept": "503 -32002, then 200",
    "renewal kept, answer lost": "503 -32002, then 200",
    "down, kept token good": "200, nobody asked",
  },
  "call, cached": "200",
  refresh: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "fails once": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answers a page": `${OUT}, then 200`,
    "answers nothing": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
    "renewal not kept": `${OUT}, then 200`,
    "renewal kept, answer lost": "200",
    "down, kept token good": "200, nobody asked",
  },
  "token for a second server": {
    slow: "200",
    silent: `${OUT}, then 200`,
    "fails once": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "answers a page": `${OUT}, then 200`,
    "answers nothing": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
    "renewal not kept": `${OUT}, then 200`,
    "renewal kept, answer lost": "200",
    "down, kept token good": "200, nobody asked",
  },
  revoke: "200",
  introspect: "200",
  "read registration": "200",
  "update registration": "200",
  "delete registration": "204",
};

/** The keys that were used before are in memory. */
export const keyVault: Table<"slow" | "silent" | "fails once" | "down" | "answer lost"> = {
  documents: "200",
  register: "201",
  authorize: "page",
  consent: "page",
  "entra-answer": "code",
  callback: "code",
  token: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "fails once": "200",
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  "call, not cached": "200",
  "call, cached": "200",
  refresh: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "fails once": "200",
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  "token for a second server": {
    slow: "200",
    silent: `${OUT}, then 200`,
    "fails once": "200",
    down: `${OUT}, then 200`,
    "answer lost": "200",
  },
  revoke: "200",
  introspect: "200",
  "read registration": "200",
  "update registration": "200",
  "delete registration": "204",
};

/**
 * The Functions host of the authorization server, as API Management sees it: one request a step. To be slow and to hang up is
 * the same to it at each.
 */
export const functionsHost: Table<
  "slow" | "silent" | "hangs up" | "down" | "app not loaded" | "answer lost"
> = {
  documents: {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  register: {
    silent: `${OUT}, then 201`,
    down: `${OUT}, then 201`,
    "app not loaded": `${OUT}, then 201`,
    "answer lost": `${OUT}, then 201`,
  },
  authorize: {
    silent: "page 503, then page",
    down: "page 503, then page",
    "app not loaded": "page 503, then page",
    "answer lost": "page 503, then page",
  },
  consent: {
    silent: "page 503, then page",
    down: "page 503, then page",
    "app not loaded": "page 503, then page",
    "answer lost": "page 503, then page",
  },
  "entra-answer": {
    slow: "code",
    silent: "page 503, then code",
    "hangs up": "page 503, then code",
    down: "page 503, then code",
    "app not loaded": "page 503, then code",
    "answer lost": "page 503, then code",
  },
  callback: {
    slow: "code",
    silent: "page 503, then code",
    "hangs up": "page 503, then code",
    down: "page 503, then code",
    "app not loaded": "page 503, then code",
    "answer lost": "page 503, then error=access_denied, then code",
  },
  token: {
    slow: "200",
    silent: `${OUT}, then 200`,
    "hangs up": `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 400 invalid_grant`,
  },
  "call, not cached": {
    slow: "200",
    silent: "503 -32002, then 200",
    "hangs up": "503 -32002, then 200",
    down: "503 -32002, then 200",
    "app not loaded": "503 -32002, then 200",
    "answer lost": "503 -32002, then 200",
  },
  "call, cached": "200",
  refresh: {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  "token for a second server": {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  revoke: {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  introspect: {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  "read registration": {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  "update registration": {
    silent: `${OUT}, then 200`,
    down: `${OUT}, then 200`,
    "app not loaded": `${OUT}, then 200`,
    "answer lost": `${OUT}, then 200`,
  },
  "delete registration": {
    silent: `${OUT}, then 204`,
    down: `${OUT}, then 204`,
    "app not loaded": `${OUT}, then 204`,
    "answer lost": `${OUT}, then 401 invalid_token`,
  },
};
