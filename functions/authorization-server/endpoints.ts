import type { Endpoint } from "../platform/endpoint.ts";
import { account } from "./account/account.ts";
import { accountRevoke } from "./account/revoke.ts";
import { withAccountSignIn } from "./account/sign-in.ts";
import { accountSignedOut, accountSignOut } from "./account/sign-out.ts";
import type { Dependencies } from "./dependencies.ts";
import { clientDocuments } from "./health/client-documents.ts";
import { live, ready } from "./health/health.ts";
import { introspect } from "./oauth/introspect.ts";
import { authorizationServerMetadata, openidConfiguration } from "./oauth/metadata/authorization-server.ts";
import { gatewayOpenidConfiguration } from "./oauth/metadata/gateway-openid-configuration.ts";
import { jwks } from "./oauth/metadata/jwks.ts";
import { protectedResourceMetadata } from "./oauth/metadata/protected-resource.ts";
import { register } from "./oauth/register.ts";
import { registrationDelete, registrationRead, registrationUpdate } from "./oauth/registration-management.ts";
import { revoke } from "./oauth/revoke.ts";
import { sessionToken } from "./oauth/session-token.ts";
import { authorize } from "./oauth/sign-in/authorize.ts";
import { takingAnswerOut } from "./oauth/sign-in/browser-state/answer-cookies.ts";
import { callback } from "./oauth/sign-in/callback.ts";
import { consent } from "./oauth/sign-in/consent.ts";
import { receiveAnswer } from "./oauth/sign-in/receive-answer.ts";
import { token } from "./oauth/token/token.ts";
import type { RouteName } from "./routes.ts";

/** @returns the endpoint of every route */
export function endpoints(dependencies: Dependencies): Record<RouteName, Endpoint> {
  return {
    "protected-resource-metadata": protectedResourceMetadata(dependencies),
    "authorization-server-metadata": authorizationServerMetadata(dependencies),
    "openid-configuration": openidConfiguration(dependencies),
    jwks: jwks(dependencies),
    "gateway-openid-configuration": gatewayOpenidConfiguration(dependencies),
    "health-live": live(),
    "health-ready": ready(dependencies),
    "health-client-documents": clientDocuments(dependencies),
    register: register(dependencies),
    "registration-read": registrationRead(dependencies),
    "registration-update": registrationUpdate(dependencies),
    "registration-delete": registrationDelete(dependencies),
    authorize: authorize(dependencies),
    consent: consent(dependencies),
    "entra-answer": receiveAnswer(dependencies),
    callback: takingAnswerOut(withAccountSignIn(dependencies, callback(dependencies))),
    account: account(dependencies),
    "account-revoke": accountRevoke(dependencies),
    "account-sign-out": accountSignOut(dependencies),
    "account-signed-out": accountSignedOut(dependencies),
    token: token(dependencies),
    revoke: revoke(dependencies),
    introspect: introspect(dependencies),
    "session-token": sessionToken(dependencies),
  };
}
