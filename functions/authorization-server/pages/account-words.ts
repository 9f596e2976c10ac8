import { type Html, html } from "./html.ts";

export interface AccountWords {
  readonly title: string;
  readonly introduction: string;
  /** For an operator who looks at another's. */
  readonly titleOfAnother: string;
  readonly introductionOfAnother: (objectId: Html) => Html;
  readonly signedInAs: (name: Html) => Html;
  readonly signOut: string;
  readonly nothing: string;
  readonly nothingOfAnother: string;
  /** Of a client whose document we fetched from that host. */
  readonly publishedBy: (host: string) => string;
  readonly reachedAt: (host: string) => string;
  readonly programOnADevice: string;
  readonly applicationOnADevice: (scheme: string) => string;
  readonly server: string;
  readonly serverGone: string;
  /** Before what a client was allowed to do. */
  readonly can: string;
  readonly permissionAt: (server: string, permission: string) => string;
  readonly stayConnected: string;
  readonly firstAllowed: string;
  readonly allowed: string;
  readonly lastUsed: string;
  readonly whatLastUsedMeans: (minutes: number) => string;
  readonly connections: (count: number) => string;
  readonly disconnect: string;
  readonly disconnectClient: (client: Html) => Html;
  readonly whatHappens: (minutes: number) => string;
  readonly connection: (number: number) => string;
  readonly disconnectConnection: (number: number) => string;
  readonly disconnectAll: string;
  readonly whatHappensToAll: (minutes: number) => string;
  readonly yesAll: string;
  readonly more: string;
  /** @param client left out when it was not one client's */
  readonly disconnected: (count: number, client: Html | undefined) => Html;
  readonly nothingToDisconnect: string;
  readonly anothers: string;
  readonly objectId: string;
  readonly show: string;
  readonly backToOwn: string;
}

export const english: AccountWords = {
  title: "Your connected applications",
  introduction:
    "You allowed these applications to use MCP servers in your name. Disconnect those that you no longer use, or do not know.",
  titleOfAnother: "Another person’s connected applications",
  introductionOfAnother: (objectId) =>
    html`You see, as an operator, what the person with the object ID ${objectId} allowed.`,
  signedInAs: (name) => html`Signed in as ${name}`,
  signOut: "Sign out",
  nothing:
    "No application is connected. Once you add one of this gateway’s MCP servers in an application and allow it, the application appears here.",
  nothingOfAnother:
    "No application is connected for this object ID. Check the ID if you expected one: somebody who never connected anything and somebody who does not exist look alike here.",
  publishedBy: (host) => `Published by ${host}`,
  reachedAt: (host) => `Reached at ${host}`,
  programOnADevice: "A program on a device",
  applicationOnADevice: (scheme) => `An application on a device (${scheme})`,
  server: "Server",
  serverGone: "no longer offered here",
  can: "It can",
  permissionAt: (server, permission) => `${server}: ${permission}`,
  stayConnected: "stay connected when you are not there",
  firstAllowed: "First allowed",
  allowed: "Allowed",
  lastUsed: "Last used",
  whatLastUsedMeans: (minutes) =>
    `“Last used” is when an application last got or renewed its access. It may have been at work for ${minutes} minutes longer.`,
  connections: (count) => `${count} connections`,
  disconnect: "Disconnect",
  disconnectClient: (client) => html`Disconnect “${client}”`,
  whatHappens: (minutes) =>
    `Its access ends at once, and everywhere within ${minutes} minutes. To use it again, connect it anew and allow it once more.`,
  connection: (number) => `Connection ${number}`,
  disconnectConnection: (number) => `Disconnect connection ${number}`,
  disconnectAll: "Disconnect all applications",
  whatHappensToAll: (minutes) =>
    `The access of all of them ends at once, and everywhere within ${minutes} minutes. To use one again, connect it anew and allow it once more.`,
  yesAll: "Yes, disconnect all",
  more: "There are more than are shown here. Disconnect some, and the others appear.",
  disconnected: (count, client) =>
    client
      ? html`“${client}” is disconnected.`
      : html`${count === 1 ? "One application is" : "All applications are"} disconnected.`,
  nothingToDisconnect: "There was nothing left to disconnect: the connection had ended already.",
  anothers: "Another person’s applications",
  objectId: "Object ID in Microsoft Entra ID",
  show: "Show",
  backToOwn: "Back to your own",
};
