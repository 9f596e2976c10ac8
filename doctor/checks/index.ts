import type { Check } from "../check.ts";
import { accessRules } from "./access-rules.ts";
import { accessToken } from "./access-token.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { challenge } from "./challenge.ts";
import { clientDocuments } from "./client-documents.ts";
import { clock } from "./clock.ts";
import { connection } from "./connection.ts";
import { consent } from "./consent.ts";
import { consentPage } from "./consent-page.ts";
import { cors } from "./cors.ts";
import { entraPage } from "./entra-page.ts";
import { entraRequest } from "./entra-request.ts";
import { entraTokens } from "./entra-tokens.ts";
import { freshDocuments } from "./fresh-documents.ts";
import { functionsApp } from "./functions-app.ts";
import { gatewayCredential } from "./gateway-credential.ts";
import { health } from "./health.ts";
import { keySet } from "./key-set.ts";
import { onBehalfOf } from "./on-behalf-of.ts";
import { openidConfiguration } from "./openid-configuration.ts";
import { otherDocuments } from "./other-documents.ts";
import { protectedResourceMetadata } from "./protected-resource-metadata.ts";
import { registration } from "./registration.ts";
import { registrationRemoval } from "./registration-removal.ts";
import { sessionEnd } from "./session-end.ts";
import { signIn } from "./sign-in.ts";
import { tools } from "./tools.ts";
import { versions } from "./versions.ts";

/** All checks, in the order in which a client meets what they look at. */
export const checks: readonly Check[] = [
  versions,
  connection,
  clock,
  health,
  protectedResourceMetadata,
  authorizationServerMetadata,
  openidConfiguration,
  otherDocuments,
  freshDocuments,
  keySet,
  clientDocuments,
  challenge,
  cors,
  functionsApp,
  registration,
  consentPage,
  consent,
  entraRequest,
  entraPage,
  gatewayCredential,
  entraTokens,
  signIn,
  accessToken,
  tools,
  onBehalfOf,
  accessRules,
  sessionEnd,
  registrationRemoval,
];
