import { html } from "../html.ts";
import type { Language } from "./language.ts";

/** Terms are those of Microsoft's own German pages: Kennwort, App-Rolle, Korrelations-ID, Anforderung. */
export const de: Language = {
  tag: "de",
  direction: "ltr",
  unnamedClient: "Eine Anwendung ohne Namen",
  quoted: (text) => `„${text}“`,

  client: {
    callsItself: "Die Anwendung nennt sich",
    application: "Anwendung",
    wholeName: "Ganzen Namen anzeigen",
  },

  frame: {
    terms: "Nutzungsbedingungen",
    privacy: "Datenschutz",
    support: "Support",
  },

  consent: {
    question: (servers) => `Zugriff dieser Anwendung auf ${servers} zulassen?`,
    serverNotNamed: "Diese Anwendung hat nicht angegeben, welchen Server sie verwenden will.",
    serverChosen: (server, url) =>
      `Wenn Sie dies zulassen, erhält sie Zugriff auf ${server} (${url}). Wenn Sie sie mit einem anderen Server verbinden wollten, lehnen Sie dies ab: Jener Server könnte Ihren Zugriff verwenden.`,
    ifAllowed: "Wenn Sie dies zulassen, kann die Anwendung",
    allowedEarlier: "In diesem Browser bereits früher zugelassen",
    newlyAsked: "Neu angefragt",
    untick:
      "Entfernen Sie das Häkchen bei allem, was Sie nicht zulassen wollen. Die Anwendung kann später erneut danach fragen.",
    opens: { tools: "Tools", prompts: "Prompts", resources: "Ressourcen" },
    opensRest: {
      tools: "Alle Tools, die keine weitere Berechtigung erfordern",
      prompts: "Alle Prompts, die keine weitere Berechtigung erfordern",
      resources: "Alle Ressourcen, die keine weitere Berechtigung erfordern",
    },
    andMore: (count) => `und ${count} weitere`,
    permissionAt: (server, permission) => `${server}: ${permission}`,
    stayConnected:
      "auch in Ihrer Abwesenheit verbunden bleiben, bis Sie oder Ihr Administrator die Verbindung beenden",
    otherwiseSignInAgain: (minutes) => `Andernfalls werden Sie nach ${minutes} erneut gefragt.`,
    server: "Server",
    answerGoesTo: "Antwort geht an",
    publishedBy: "Veröffentlicht von",
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
    text: (servers) =>
      `In diesem Browser ist gespeichert, dass Sie den Zugriff dieser Anwendung auf ${servers} abgelehnt haben. Es wurde nichts an die Anwendung gesendet.`,
    decideAnew: "Erneut entscheiden",
  },

  allowedAlready: {
    title: "Sie haben dies bereits zugelassen",
    text: "Sie können die begonnene Anmeldung fortsetzen. Wenn Sie es sich anders überlegt haben, schließen Sie diese Seite: Ohne die Anmeldung erhält die Anwendung keinen Zugriff.",
    goOn: "Anmeldung fortsetzen",
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
      documentUnreachable:
        "Die Anwendung beschreibt sich in einem Dokument auf der Website ihres Herstellers, und dieses Dokument ist von hier aus derzeit nicht erreichbar. Warten Sie einige Minuten, und starten Sie die Anmeldung dann erneut in Ihrer Anwendung. Wenn es dabei bleibt, wenden Sie sich an Ihren Administrator.",
      documentFaulty:
        "Die Anwendung beschreibt sich in einem Dokument auf der Website ihres Herstellers. Dieses Dokument fehlt oder ist fehlerhaft. Aktualisieren Sie die Anwendung, oder wenden Sie sich an deren Hersteller.",
      redirectUriNotRegistered:
        "Die Anwendung hat die Antwort an eine Adresse angefordert, die sie nicht registriert hat (redirect_uri). Es wurde nichts dorthin gesendet. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      consentPageEnded:
        "Diese Seite wurde bereits beantwortet, war zu lange geöffnet oder wurde in einem anderen Browser geöffnet. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      formFromElsewhere:
        "Das Formular wurde nicht von unserer Seite gesendet. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      signInNotHere:
        "Diese Anmeldung wurde nicht in diesem Browser gestartet oder ist bereits abgeschlossen. Bitte starten Sie die Anmeldung erneut in Ihrer Anwendung.",
      serverGone: "Der Server, den die Anwendung angefordert hat, wird hier nicht mehr angeboten.",
      entraRefused:
        "Microsoft Entra ID hat Sie nicht angemeldet. Versuchen Sie es noch einmal, und wenden Sie sich an Ihren Administrator, wenn es dabei bleibt.",
      ourFault:
        "Hier ist ein Fehler aufgetreten, den Sie nicht verursacht haben. Versuchen Sie es noch einmal, und wenden Sie sich an Ihren Administrator, wenn es dabei bleibt.",
      accountSignInNotHere:
        "Diese Anmeldung wurde nicht in diesem Browser gestartet, hat zu lange gedauert oder ist bereits abgeschlossen. Öffnen Sie die Seite erneut, um sich anzumelden.",
      accountFormRefused:
        "Sie sind hier nicht mehr angemeldet oder haben sich neu angemeldet, seit die Seite geöffnet wurde. Es wurde nichts geändert.",
      organizationNotLetIn:
        "Sie haben sich mit einem Konto einer Organisation angemeldet, die hier nicht zugelassen ist. Bitten Sie die Betreiber dieses Gateways, Ihre Organisation hinzuzufügen, oder öffnen Sie die Seite erneut, und wählen Sie ein anderes Konto aus.",
      operatorRoleMissing:
        "Nur Betreiber dieses Gateways sehen, was andere Personen verbunden haben. Wenn Sie dazugehören sollen, bitten Sie Ihren Administrator, Ihnen in Microsoft Entra ID die App-Rolle „Gateway.Operator“ der Anwendung dieses Gateways zuzuweisen. Melden Sie sich hier danach ab und wieder an.",
      noObjectId:
        "Das ist keine Objekt-ID. Die Objekt-ID einer Person in Microsoft Entra ID sieht so aus: 2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c.",
    },
    faultyRequest:
      "Die Anwendung hat eine fehlerhafte Anforderung gesendet. Aktualisieren Sie die Anwendung, oder wenden Sie sich an deren Hersteller.",
    forTheDeveloper: "Für den Hersteller der Anwendung:",
    linkLeadsTo: (host) =>
      html`Wenn Sie das gestartet haben, erfährt die Anwendung davon, sobald Sie weiter zu ${host} gehen. Wenn nicht, schließen Sie diese Seite.`,
    linkOpens: (scheme) =>
      html`Wenn Sie das gestartet haben, erfährt die Anwendung davon, sobald Sie weitergehen. Der Link öffnet die Anwendung auf diesem Gerät, die zu ${scheme} gehört. Wenn Sie das nicht gestartet haben, schließen Sie diese Seite.`,
    backToClient: "Zurück zur Anwendung",
    quoteForHelp: (correlationId) =>
      html`Wenn Sie Hilfe benötigen, geben Sie diese Korrelations-ID an: ${correlationId}`,
  },

  account: {
    title: "Ihre verbundenen Anwendungen",
    introduction:
      "Diesen Anwendungen haben Sie erlaubt, in Ihrem Namen MCP-Server zu verwenden. Trennen Sie, was Sie nicht mehr verwenden oder nicht kennen.",
    titleOfAnother: "Verbundene Anwendungen einer anderen Person",
    introductionOfAnother: (objectId) =>
      html`Sie sehen als Betreiber, was die Person mit der Objekt-ID ${objectId} erlaubt hat.`,
    backToOwn: "Zurück zu Ihren eigenen",
    signedInAs: (name) => html`Angemeldet als ${name}`,
    signOut: "Abmelden",
    nothing:
      "Es ist keine Anwendung verbunden. Sobald Sie einen MCP-Server dieses Gateways in einer Anwendung hinzufügen und ihr den Zugriff erlauben, erscheint sie hier.",
    nothingOfAnother:
      "Für diese Objekt-ID ist keine Anwendung verbunden. Prüfen Sie die ID, wenn Sie eine erwartet haben: Wer nie etwas verbunden hat und wen es nicht gibt, lässt sich hier nicht unterscheiden.",
    publishedBy: (host) => `Veröffentlicht von ${host}`,
    reachedAt: (host) => `Erreichbar unter ${host}`,
    programOnADevice: "Ein Programm auf einem Gerät",
    applicationOnADevice: (scheme) => `Eine Anwendung auf einem Gerät (${scheme})`,
    server: "Server",
    serverGone: "wird hier nicht mehr angeboten",
    can: "Darf",
    stayConnected: "im Hintergrund verbunden bleiben",
    optional: "Darf außerdem",
    withdrawOptional: "Berechtigung entziehen",
    whatWithdrawingDoes: (minutes) =>
      `Die Anwendung bleibt ohne diese Berechtigung verbunden. Neue Anfragen, die sie erfordern, werden sofort abgelehnt, überall spätestens nach ${minutes}. Wenn die Anwendung erneut danach fragt, entscheiden Sie neu.`,
    withdraw: "Entziehen",
    scopeWithdrawn: "Sie haben einer Anwendung eine Berechtigung entzogen.",
    nothingToWithdraw:
      "Es gab nichts mehr zu entziehen: Die Berechtigung oder die Verbindung war bereits beendet.",
    firstAllowed: "Erstmals erlaubt",
    allowed: "Erlaubt",
    lastUsed: "Zuletzt verwendet",
    whatLastUsedMeans: (minutes) =>
      `„Zuletzt verwendet“ ist der Zeitpunkt, zu dem eine Anwendung ihren Zugriff zuletzt erhalten oder erneuert hat. Sie kann danach noch bis zu ${minutes} damit gearbeitet haben.`,
    connections: (count) => `${count} Verbindungen`,
    connection: (number) => `Verbindung ${number}`,
    disconnectConnection: (number) => `Verbindung ${number} trennen`,
    disconnect: "Trennen",
    disconnectClient: "Diese Anwendung trennen",
    whatHappens: (minutes) =>
      `Neue Anfragen werden sofort abgelehnt, überall spätestens nach ${minutes}. Eine Antwort, die ein Server noch sendet, läuft weiter, bis der Server sie beendet. Um die Anwendung wieder zu verwenden, verbinden Sie sie neu, und erlauben Sie ihr den Zugriff noch einmal.`,
    disconnectAll: "Alle Anwendungen trennen",
    whatHappensToAll: (minutes) =>
      `Neue Anfragen aller Anwendungen werden sofort abgelehnt, überall spätestens nach ${minutes}. Antworten, die Server noch senden, laufen weiter, bis die Server sie beenden. Um eine wieder zu verwenden, verbinden Sie sie neu, und erlauben Sie ihr den Zugriff noch einmal.`,
    yesAll: "Ja, alle trennen",
    more: "Es gibt mehr, als hier angezeigt werden. Trennen Sie einige, und die übrigen erscheinen.",
    clientDisconnected: "Eine Anwendung ist getrennt.",
    connectionDisconnected: "Eine Verbindung einer Anwendung ist beendet.",
    allDisconnected: "Alle Anwendungen sind getrennt.",
    nothingToDisconnect: "Es gab nichts mehr zu trennen: Die Verbindung war bereits beendet.",
    anothers: "Anwendungen einer anderen Person",
    objectId: "Objekt-ID in Microsoft Entra ID",
    show: "Anzeigen",
    signedOut: "Sie sind abgemeldet",
    whatSignedOutMeans:
      "Sie sind von dieser Seite abgemeldet. Ihre Anwendungen bleiben verbunden, und dieser Browser bleibt bei Microsoft angemeldet. Melden Sie sich auf einem gemeinsam genutzten Computer auch dort ab.",
    signInAgain: "Wieder anmelden",
    refusedTitle: "Das kann nicht fortgesetzt werden",
    cannotGoOn:
      "Die Anforderung kann nicht verwendet werden. Öffnen Sie die Seite erneut, und versuchen Sie es noch einmal.",
    waitAndTryAgain: "Bitte warten Sie einen Moment, und versuchen Sie es dann erneut.",
    open: "Ihre verbundenen Anwendungen öffnen",
  },

  noAccess: {
    title: (server) => `Sie haben keinen Zugriff auf ${server}`,
    text: (roles) =>
      `Sie sind angemeldet, aber Ihrem Konto ist keine der App-Rollen zugewiesen, die dieser Server verlangt. Bitten Sie Ihren Administrator, Ihnen in Microsoft Entra ID ${roles} zuzuweisen, und stellen Sie die Verbindung dann erneut her.`,
    textOfGroups: (groups) =>
      `Sie sind angemeldet, aber Ihr Konto gehört zu keiner der Gruppen, die dieser Server verlangt. Bitten Sie Ihren Administrator, Sie in Microsoft Entra ID zu ${groups} hinzuzufügen, und stellen Sie die Verbindung dann erneut her.`,
    textOfEither: (roles, groups) =>
      `Sie sind angemeldet, aber Ihr Konto hat keine der App-Rollen und gehört zu keiner der Gruppen, die dieser Server verlangt. Bitten Sie Ihren Administrator, Ihnen in Microsoft Entra ID ${roles} zuzuweisen oder Sie zu ${groups} hinzuzufügen, und stellen Sie die Verbindung dann erneut her.`,
    unknownTitle: (server) => `Ihr Zugriff auf ${server} kann nicht geprüft werden`,
    unknownText:
      "Sie sind angemeldet, aber Ihr Konto gehört zu so vielen Gruppen, dass Microsoft Entra ID sie hier nicht auflistet. Bitten Sie Ihren Administrator, die maßgeblichen Gruppen in Microsoft Entra ID der Anwendung des Servers zuzuweisen und diese nur danach fragen zu lassen oder App-Rollen zu verwenden, und stellen Sie die Verbindung dann erneut her.",
  },

  foreignTenant: {
    title: (gateway) => `Ihre Organisation hat keinen Zugriff auf ${gateway}`,
    text: "Sie haben sich mit einem Konto einer Organisation angemeldet, die hier nicht zugelassen ist. Stellen Sie die Verbindung erneut her, und wählen Sie ein anderes Konto, oder bitten Sie die Betreiber dieses Gateways, Ihre Organisation hinzuzufügen.",
  },
};
