import type { Explanation } from "../../errors.ts";
import type { Html } from "../html.ts";

/**
 * Every text that a person reads on our pages, in one language: a section for each page. A file that lacks a text, or has
 * one that is not asked for, does not compile.
 */
export interface Language {
  /** BCP 47, for `<html lang>`, `Content-Language` and the browser's `Accept-Language`. */
  readonly tag: string;
  readonly direction: "ltr" | "rtl";
  /** Stands for the name of a client that gave none, or none that one could see. */
  readonly unnamedClient: string;
  /** Puts the language's own quotation marks around a text of the operator's. */
  readonly quoted: (text: string) => string;

  /** Around a client's name, which is never part of a sentence: what it says could otherwise become our words. */
  readonly client: {
    /** Before a name that nobody verified. */
    readonly callsItself: string;
    /** Before a name that the operator entered. */
    readonly application: string;
    /** Opens the whole of a name that is shown shortened. */
    readonly wholeName: string;
  };

  /** Around every page. */
  readonly frame: {
    readonly terms: string;
    readonly privacy: string;
    readonly support: string;
  };

  readonly consent: {
    readonly question: (servers: string) => string;
    /** For a request without `resource`. */
    readonly serverNotNamed: string;
    /** Goes on with what that means. @param url of the server that it gets */
    readonly serverChosen: (server: string, url: string) => string;
    /** Ends where the list of what the client may do begins. */
    readonly ifAllowed: string;
    /** Before what somebody allowed the client in this browser; what is new follows. */
    readonly allowedEarlier: string;
    readonly newlyAsked: string;
    /** Below boxes that are ticked. */
    readonly untick: string;
    /** Before names and patterns of them, with a colon between. */
    readonly opens: Readonly<Record<"tools" | "prompts" | "resources", string>>;
    /** For the scope that stands for all that no optional scope is needed for. */
    readonly opensRest: Readonly<Record<"tools" | "prompts" | "resources", string>>;
    /** Ends a list. */
    readonly andMore: (count: number) => string;
    readonly permissionAt: (server: string, permission: string) => string;
    readonly stayConnected: string;
    /** Below the box to stay connected. @param minutes as the language counts them */
    readonly otherwiseSignInAgain: (minutes: string) => string;
    readonly server: string;
    readonly answerGoesTo: string;
    /** Before the host of a document that we fetched. */
    readonly publishedBy: string;
    readonly programOnThisDevice: string;
    readonly applicationOnThisDevice: string;
    readonly onlyIfYouStartedIt: string;
    readonly verifiedPublisher: (host: string) => string;
    readonly unverifiedName: string;
    readonly knowTheHost: (host: string) => string;
    readonly knowTheProgram: string;
    /** @param allowed and @param denied how long each is remembered, as "30 days" */
    readonly rememberAnswer: (allowed: string, denied: string) => string;
    readonly rememberApproval: (duration: string) => string;
    readonly rememberDenial: (duration: string) => string;
    readonly allow: string;
    readonly deny: string;
    readonly whatComesNext: string;
  };

  /** For a person whose browser remembers that they denied the same request. */
  readonly deniedEarlier: {
    readonly title: string;
    readonly text: (servers: string) => string;
    readonly decideAnew: string;
  };

  /** For a person who sends the consent page's form again while the sign-in that they allowed with it is under way. */
  readonly allowedAlready: {
    readonly title: string;
    readonly text: string;
    readonly goOn: string;
  };

  readonly error: {
    readonly title: string;
    readonly unavailableTitle: string;
    /** The gateway's own page says it, too. */
    readonly tooManyRequestsTitle: string;
    readonly waitAndStartAgain: string;
    /** What happened, and what the person can do. */
    readonly explanations: Readonly<Record<Explanation, string>>;
    /** For an error without an explanation; the detail for the client's developer follows. */
    readonly faultyRequest: string;
    readonly forTheDeveloper: string;
    readonly linkLeadsTo: (host: Html) => Html;
    /** @param scheme with its colon */
    readonly linkOpens: (scheme: Html) => Html;
    readonly backToClient: string;
    readonly quoteForHelp: (correlationId: Html) => Html;
  };

  /** The page where people see and end what they allowed. */
  readonly account: {
    readonly title: string;
    readonly introduction: string;
    /** For an operator who looks at another's. */
    readonly titleOfAnother: string;
    readonly introductionOfAnother: (objectId: Html) => Html;
    readonly backToOwn: string;
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
    readonly stayConnected: string;
    /** Before what a client may do that a person can withdraw. */
    readonly optional: string;
    /** Opens the way to withdraw them. */
    readonly withdrawOptional: string;
    /** What withdrawing does. @param minutes as the language counts them */
    readonly whatWithdrawingDoes: (minutes: string) => string;
    readonly withdraw: string;
    /** The client's name follows, by itself. */
    readonly scopeWithdrawn: string;
    readonly nothingToWithdraw: string;
    readonly firstAllowed: string;
    readonly allowed: string;
    readonly lastUsed: string;
    /** @param minutes as the language counts them: "60 minutes" */
    readonly whatLastUsedMeans: (minutes: string) => string;
    readonly connections: (count: number) => string;
    readonly connection: (number: number) => string;
    readonly disconnectConnection: (number: number) => string;
    readonly disconnect: string;
    readonly disconnectClient: string;
    readonly whatHappens: (minutes: string) => string;
    readonly disconnectAll: string;
    readonly whatHappensToAll: (minutes: string) => string;
    readonly yesAll: string;
    readonly more: string;
    /** The client's name follows, by itself. */
    readonly clientDisconnected: string;
    readonly connectionDisconnected: string;
    readonly allDisconnected: string;
    readonly nothingToDisconnect: string;
    readonly anothers: string;
    readonly objectId: string;
    readonly show: string;
    readonly signedOut: string;
    readonly whatSignedOutMeans: string;
    readonly signInAgain: string;
    readonly refusedTitle: string;
    /** For an error without an explanation; a detail follows. */
    readonly cannotGoOn: string;
    readonly waitAndTryAgain: string;
    /** Leads to the page. */
    readonly open: string;
  };

  /** For a person who is signed in and may not use a server. */
  readonly noAccess: {
    readonly title: (server: string) => string;
    /** @param roles quoted, as a list of which one is enough */
    readonly text: (roles: string) => string;
    /** @param groups quoted, as a list of which one is enough */
    readonly textOfGroups: (groups: string) => string;
    readonly textOfEither: (roles: string, groups: string) => string;
    /** Where Entra does not say which groups the person is in, for there are too many. */
    readonly unknownTitle: (server: string) => string;
    readonly unknownText: string;
  };

  /** For a person of an organization that is not let in. */
  readonly foreignTenant: {
    readonly title: (gateway: string) => string;
    readonly text: string;
  };
}
