import { html } from "../html.ts";
import type { Language } from "./language.ts";

/** Terms are those of Microsoft's own German pages: Kennwort, App-Rolle, Korrelations-ID, Anforderung. */
export const de: Language = {
  tag: "de",
  direction: "ltr",
  unnamedClient: "Eine Anwendung ohne Namen",
  quoted: (text) => `„${text}“`,

  frame: {
    terms: "Nutzungsbedingungen",
    privacy: "Datenschutz",
    support: "Support",
  },

  consent: {
    question: (client, servers) => html`Zugriff von „${client}“ auf ${servers} zulassen?`,
    ifAllowed: "Wenn Sie dies zulassen, kann die Anwendung",
    permissionAt: (server, permission) => `${server}: ${permission}`,
    stayConnected:
      "auch in Ihrer Abwesenheit verbunden bleiben, bis Sie oder Ihr Administrator die Verbindung beenden",
    server: "Server",
    answerGoesTo: "Antwort geht an",
    publishedBy: "Veröffentlicht von",
    saysItIsFrom: "Nach eigener Angabe von",
    programOnThisDevice: "ein Programm auf diesem Gerät",
    applicationOnThisDevice: "eine Anwendung auf diesem Gerät",
    onlyIfYouStartedIt: "Lassen Sie dies nur zu, wenn Sie es gerade selbst gestartet haben.",
    verifiedPublisher: (host) =>
      `Es wurde überprüft, dass ${host} diese Anwendung veröffentlicht. Ihren Namen hat die Anwendung selbst gewählt; er wurde nicht überprüft.`,
    unverifiedName: "Die Anwendung hat ihren Namen selbst gewählt; er wurde nicht überprüft.",
    knowTheHost: (host) =>
      `Die Antwort geht an ${host}. Vergewissern Sie sich, dass Sie diese Adresse kennen.`,
    knowTheProgram:
      "Die Antwort geht an ein Programm auf dem Gerät, das Sie gerade verwenden. Vergewissern Sie sich, dass es Ihr eigenes ist.",
    rememberAnswer: (allowed, denied) =>
      `Meine Antwort in diesem Browser speichern (beim Zulassen für ${allowed}, beim Ablehnen für ${denied})`,
    rememberApproval: (duration) =>
      `Wenn ich dies zulasse, in diesem Browser ${duration} lang nicht erneut fragen`,
    rememberDenial: (duration) =>
      `Wenn ich dies ablehne, in diesem Browser ${duration} lang nicht erneut fragen`,
    allow: "Zulassen und anmelden",
    deny: "Ablehnen",
    whatComesNext:
      "Anschließend melden Sie sich bei Microsoft Entra ID an. Die Anwendung erhält weder Ihr Kennwort noch Ihre Microsoft-Token.",
  },

  deniedEarlier: {
    title: "Sie haben dies bereits abgelehnt",
    text: (client, servers) =>
      html`In diesem Browser ist gespeichert, dass Sie den Zugriff von „${client}“ auf ${servers} abgelehnt haben. Es wurde nichts an die Anwendung gesendet.`,
    decideAnew: "Erneut entscheiden",
  },

  error: {
    title: "Diese Anmeldung kann nicht fortgesetzt werden",
    unavailableTitle: "Zurzeit nicht verfügbar",
    tooManyRequestsTitle: "Zu viele Anforderungen",
    waitAndStartAgain:
      "Bitte warten Sie einen Moment, und starten Sie die Anmeldung dann erneut in Ihrer Anwendung.",
    explanations: {
      clientUnknown:
        "Die Anwendung ist hier nicht registriert, oder ihre Registrierung ist abgelaufen. Entfernen Sie die Verbindung in der Anwendung, und fügen Sie sie erneut hinzu.",
      redirectUriNotRegistered:
        "Die Anwendung hat die Antwort an eine Adresse angefordert, die sie nicht registriert hat (redirect_uri). Es wurde nichts dorthin gesendet. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      consentPageEnded:
        "Diese Seite war zu lange geöffnet oder wurde in einem anderen Browser geöffnet. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      formFromElsewhere:
        "Das Formular wurde nicht von unserer Seite gesendet. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      signInNotHere:
        "Diese Anmeldung wurde nicht in diesem Browser gestartet oder ist bereits abgeschlossen. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      serverGone: "Der Server, den die Anwendung angefordert hat, wird hier nicht mehr angeboten.",
    },
    faultyRequest:
      "Die Anwendung hat eine fehlerhafte Anforderung gesendet. Aktualisieren Sie die Anwendung, oder wenden Sie sich an deren Hersteller.",
    forTheDeveloper: "Für den Hersteller der Anwendung:",
    backTo: (client) => html`Zurück zu ${client}`,
    quoteForHelp: (correlationId) =>
      html`Wenn Sie Hilfe benötigen, geben Sie diese Korrelations-ID an: ${correlationId}`,
  },

  noAccess: {
    title: (server) => `Sie haben keinen Zugriff auf ${server}`,
    text: (roles) =>
      `Sie sind angemeldet, aber Ihrem Konto ist keine der App-Rollen zugewiesen, die dieser Server verlangt. Bitten Sie Ihren Administrator, Ihnen in Microsoft Entra ID ${roles} zuzuweisen, und stellen Sie die Verbindung dann erneut her.`,
  },
};
