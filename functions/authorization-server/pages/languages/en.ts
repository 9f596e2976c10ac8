import { html } from "../html.ts";
import type { Language } from "./language.ts";

export const en: Language = {
  tag: "en",
  direction: "ltr",
  unnamedClient: "An application without a name",
  quoted: (text) => `“${text}”`,

  client: {
    callsItself: "The application calls itself",
    application: "Application",
    wholeName: "Show the whole name",
  },

  frame: {
    terms: "Terms of use",
    privacy: "Privacy",
    support: "Support",
  },

  consent: {
    question: (servers) => `Allow this application to use ${servers}?`,
    serverNotNamed: "This application did not say which server it wants.",
    serverChosen: (server, url) =>
      `If you allow this, it gets access to ${server} (${url}). If you were connecting it to a different server, deny this: that server could use your access.`,
    ifAllowed: "If you allow this, it can",
    allowedEarlier: "You allowed this earlier in this browser",
    newlyAsked: "This is new",
    untick: "Untick what you don’t want to allow. The application can ask for it again later.",
    opens: { tools: "Tools", prompts: "Prompts", resources: "Resources" },
    opensRest: {
      tools: "All tools that need no other permission",
      prompts: "All prompts that need no other permission",
      resources: "All resources that need no other permission",
    },
    andMore: (count) => `and ${count} more`,
    permissionAt: (server, permission) => `${server}: ${permission}`,
    stayConnected: "stay connected when you are not there, until you or your administrator end it",
    otherwiseSignInAgain: (minutes) => `Otherwise it asks you again after ${minutes}.`,
    server: "Server",
    answerGoesTo: "Answer goes to",
    publishedBy: "Published by",
    programOnThisDevice: "a program on this device",
    applicationOnThisDevice: "an application on this device",
    onlyIfYouStartedIt: "Only allow this if you just started it yourself.",
    verifiedPublisher: (host) =>
      `We verified that ${host} publishes this application. It chose its own name, and nobody has verified that.`,
    unverifiedName: "The application chose its own name, and nobody has verified it.",
    knowTheHost: (host) => `Be sure that you know ${host}, where the answer goes.`,
    knowTheProgram: "The answer goes to a program on the device in front of you; be sure that it is yours.",
    rememberAnswer: (allowed, denied) =>
      `Remember my answer in this browser (for ${allowed} if I allow this, for ${denied} if I deny it)`,
    rememberApproval: (duration) => `If I allow this, do not ask again in this browser for ${duration}`,
    rememberDenial: (duration) => `If I deny this, do not ask again in this browser for ${duration}`,
    allow: "Allow and sign in",
    deny: "Deny",
    whatComesNext:
      "Next, Microsoft Entra ID asks you to sign in. The application sees neither your password nor your Microsoft tokens.",
  },

  deniedEarlier: {
    title: "You denied this earlier",
    text: (servers) =>
      `This browser remembers that you did not allow this application to use ${servers}. Nothing was sent to the application.`,
    decideAnew: "Decide anew",
  },

  allowedAlready: {
    title: "You already allowed this",
    text: "You can continue the sign-in that you started. If you changed your mind, close this page: without the sign-in, the application gets no access.",
    goOn: "Continue signing in",
  },

  error: {
    title: "This sign-in cannot go on",
    unavailableTitle: "This is not available right now",
    tooManyRequestsTitle: "Too many requests",
    waitAndStartAgain: "Please wait a moment, then start again from your application.",
    explanations: {
      clientUnknown:
        "The application is not registered here, or its registration has ended. Remove the connection in the application and add it again.",
      documentUnreachable:
        "The application describes itself in a document on its maker’s site, and we can’t reach that document right now. Wait a few minutes, then start again from your application. If this keeps happening, tell your administrator.",
      documentFaulty:
        "The application describes itself in a document on its maker’s site, and that document is missing or has an error. Update the application, or ask those who make it.",
      redirectUriNotRegistered:
        "The application asked for the answer at an address that it did not register (redirect_uri). Nothing was sent there. Please start again from your application.",
      consentPageEnded:
        "This page was answered already, was open for too long, or was opened in another browser. Please start again from your application.",
      formFromElsewhere: "The form was not sent from our page. Please start again from your application.",
      signInNotHere:
        "This sign-in was not started in this browser, or it is already finished. Please start again from your application.",
      serverGone: "The server that the application asked for is no longer offered here.",
      entraRefused:
        "Microsoft Entra ID did not sign you in. Try again; if it goes on like this, ask your administrator.",
      ourFault:
        "Something went wrong here, and you did not cause it. Try again; if it goes on like this, tell your administrator.",
      accountSignInNotHere:
        "This sign-in was not started in this browser, took too long, or is already finished. Open the page again to sign in.",
      accountFormRefused:
        "You are no longer signed in here, or have signed in anew since the page was opened. Nothing was changed.",
      organizationNotLetIn:
        "You signed in with an account of an organization that is not let in here. Ask those who run this gateway to add your organization, or open the page again and pick another account.",
      operatorRoleMissing:
        "Only operators of this gateway see what other people connected. If you are to be one, ask your administrator to assign you the app role “Gateway.Operator” of this gateway’s application in Microsoft Entra ID; then sign out here, and in again.",
      noObjectId:
        "That is no object ID. A person’s object ID in Microsoft Entra ID looks like 2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c.",
    },
    faultyRequest:
      "The application sent a request that cannot be used. Update the application, or ask those who make it.",
    forTheDeveloper: "For those who make the application:",
    linkLeadsTo: (host) =>
      html`If you started this, the application learns of it when you go on to ${host}. If not, close this page.`,
    linkOpens: (scheme) =>
      html`If you started this, the application learns of it when you go on. The link opens the application on this device that ${scheme} belongs to. If you did not start this, close this page.`,
    backToClient: "Back to the application",
    quoteForHelp: (correlationId) => html`If you ask for help, quote ${correlationId}.`,
  },

  account: {
    title: "Your connected applications",
    introduction:
      "You allowed these applications to use MCP servers in your name. Disconnect those that you no longer use, or do not know.",
    titleOfAnother: "Another person’s connected applications",
    introductionOfAnother: (objectId) =>
      html`You see, as an operator, what the person with the object ID ${objectId} allowed.`,
    backToOwn: "Back to your own",
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
    stayConnected: "stay connected in the background",
    optional: "It can also",
    withdrawOptional: "Withdraw a permission",
    whatWithdrawingDoes: (minutes) =>
      `The application stays connected without this permission. New requests that need it are refused immediately, and everywhere within ${minutes}. If the application asks for it again, you decide again.`,
    withdraw: "Withdraw",
    scopeWithdrawn: "You withdrew a permission from an application.",
    nothingToWithdraw:
      "There was nothing left to withdraw: the permission or the connection had ended already.",
    firstAllowed: "First allowed",
    allowed: "Allowed",
    lastUsed: "Last used",
    whatLastUsedMeans: (minutes) =>
      `“Last used” is when an application last got or renewed its access. It may have worked with that for up to ${minutes} more.`,
    connections: (count) => `${count} connections`,
    connection: (number) => `Connection ${number}`,
    disconnectConnection: (number) => `Disconnect connection ${number}`,
    disconnect: "Disconnect",
    disconnectClient: "Disconnect this application",
    whatHappens: (minutes) =>
      `New requests are refused immediately, and everywhere within ${minutes}. An answer that a server is still sending continues until the server ends it. To use the application again, connect it and allow it again.`,
    disconnectAll: "Disconnect all applications",
    whatHappensToAll: (minutes) =>
      `New requests of all of them are refused immediately, and everywhere within ${minutes}. Answers that servers are still sending continue until the servers end them. To use an application again, connect it and allow it again.`,
    yesAll: "Yes, disconnect all",
    more: "There are more than are shown here. Disconnect some, and the others appear.",
    clientDisconnected: "An application is disconnected.",
    connectionDisconnected: "One connection of an application has ended.",
    allDisconnected: "All applications are disconnected.",
    nothingToDisconnect: "There was nothing left to disconnect: the connection had ended already.",
    anothers: "Another person’s applications",
    objectId: "Object ID in Microsoft Entra ID",
    show: "Show",
    signedOut: "You are signed out",
    whatSignedOutMeans:
      "You are signed out of this page. Your applications stay connected, and this browser stays signed in to Microsoft; on a computer that others use, sign out there, too.",
    signInAgain: "Sign in again",
    refusedTitle: "This cannot go on",
    cannotGoOn: "The request cannot be used. Open the page again, and try once more.",
    waitAndTryAgain: "Please wait a moment, then try again.",
    open: "Open your connected applications",
  },

  noAccess: {
    title: (server) => `You have no access to ${server}`,
    text: (roles) =>
      `You are signed in, but your account has none of the roles that this server asks for. Ask your administrator to assign you ${roles} in Microsoft Entra ID, then connect again.`,
    textOfGroups: (groups) =>
      `You are signed in, but your account is in none of the groups that this server asks for. Ask your administrator to add you to ${groups} in Microsoft Entra ID, then connect again.`,
    textOfEither: (roles, groups) =>
      `You are signed in, but your account has none of the roles and groups that this server asks for. Ask your administrator to assign you ${roles}, or to add you to ${groups}, in Microsoft Entra ID, then connect again.`,
    unknownTitle: (server) => `Your access to ${server} cannot be checked`,
    unknownText:
      "You are signed in, but your account is in so many groups that Microsoft Entra ID does not list them here. Ask your administrator to assign the groups that count to the server’s application and have it ask for those alone, or to use app roles, in Microsoft Entra ID; then connect again.",
  },

  foreignTenant: {
    title: (gateway) => `Your organization has no access to ${gateway}`,
    text: "You signed in with an account of an organization that is not let in here. Connect again and pick another account, or ask those who run this gateway to add your organization.",
  },
};
