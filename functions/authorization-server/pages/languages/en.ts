import { html } from "../html.ts";
import type { Language } from "./language.ts";

export const en: Language = {
  tag: "en",
  direction: "ltr",
  unnamedClient: "An application without a name",
  quoted: (text) => `“${text}”`,

  frame: {
    terms: "Terms of use",
    privacy: "Privacy",
    support: "Support",
  },

  consent: {
    question: (client, servers) => html`Allow “${client}” to use ${servers}?`,
    ifAllowed: "If you allow this, it can",
    permissionAt: (server, permission) => `${server}: ${permission}`,
    stayConnected: "stay connected when you are not there, until you or your administrator end it",
    server: "Server",
    answerGoesTo: "Answer goes to",
    publishedBy: "Published by",
    saysItIsFrom: "Says it is from",
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
    text: (client, servers) =>
      html`This browser remembers that you did not allow “${client}” to use ${servers}. Nothing was sent to the application.`,
    decideAnew: "Decide anew",
  },

  error: {
    title: "This sign-in cannot go on",
    unavailableTitle: "This is not available right now",
    tooManyRequestsTitle: "Too many requests",
    waitAndStartAgain: "Please wait a moment, then start again from your application.",
    explanations: {
      clientUnknown:
        "The application is not registered here, or its registration has ended. Remove the connection in the application and add it again.",
      redirectUriNotRegistered:
        "The application asked for the answer at an address that it did not register (redirect_uri). Nothing was sent there. Please start again from your application.",
      consentPageEnded:
        "This page was open for too long, or was opened in another browser. Please start again from your application.",
      formFromElsewhere: "The form was not sent from our page. Please start again from your application.",
      signInNotHere:
        "This sign-in was not started in this browser, or it is already finished. Please start again from your application.",
      serverGone: "The server that the application asked for is no longer offered here.",
    },
    faultyRequest:
      "The application sent a request that cannot be used. Update the application, or ask those who make it.",
    forTheDeveloper: "For those who make the application:",
    backTo: (client) => html`Back to ${client}`,
    quoteForHelp: (correlationId) => html`If you ask for help, quote ${correlationId}.`,
  },

  noAccess: {
    title: (server) => `You have no access to ${server}`,
    text: (roles) =>
      `You are signed in, but your account has none of the roles that this server asks for. Ask your administrator to assign you ${roles} in Microsoft Entra ID, then connect again.`,
  },
};
