import type { Endpoint } from "../../platform/endpoint.ts";
import { account } from "../account/account.ts";
import { accountRevoke } from "../account/revoke.ts";
import { withAccountSignIn } from "../account/sign-in.ts";
import { accountSignedOut, accountSignOut } from "../account/sign-out.ts";
import type { RouteName } from "../routes.ts";
import { authorize } from "./authorize/authorize.ts";
import { takingAnswerOut } from "./callback/answer-cookies.ts";
import { callback } from "./callback/callback.ts";
import { receiveAnswer } from "./callback/receive-answer.ts";
import { clientDocuments } from "./client-documents.ts";
import { consent } from "./consent/consent.ts";
import type { Dependencies } from "./dependencies.ts";
import { live, ready } from "./health.ts";
import { introspect } from "./introspect.ts";
import { authorizationServerMetadata, openidConfiguration } from "./metadata/authorization-server.ts";
import { gatewayOpenidConfiguration } from "./metadata/gateway-openid-configuration.ts";
import { jwks } from "./metadata/jwks.ts";
import { protectedResourceMetadata } from "./metadata/protected-resource.ts";
import { register } from "./register.ts";
import { registrationDelete, registrationRead, registrationUpdate } from "./registration-management.ts";
import { revoke } from "./revoke.ts";
import { sessionToken } from "./session-token.ts";
import { token } from "./token/token.ts";

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
