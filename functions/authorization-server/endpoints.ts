import { type Endpoint, type Wrapper, wrapped } from "../platform/endpoint.ts";
import { inTime } from "../platform/request-scope.ts";
import { account } from "./account/account.ts";
import { answeringOnAccount } from "./account/answering.ts";
import { accountRevoke } from "./account/revoke.ts";
import { accountSignIn } from "./account/sign-in.ts";
import { accountSignedOut, accountSignOut } from "./account/sign-out.ts";
import type { Dependencies } from "./dependencies.ts";
import { clientDocuments } from "./health/client-documents.ts";
import { live, ready } from "./health/health.ts";
import { answeringClients, answeringPeople } from "./oauth/failures.ts";
import { introspect } from "./oauth/introspect.ts";
import { authorizationServerMetadata, openidConfiguration } from "./oauth/metadata/authorization-server.ts";
import { gatewayOpenidConfiguration, jwks } from "./oauth/metadata/jwks.ts";
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
import { isPublic, type RouteName, routes } from "./routes.ts";

/** What stands around an endpoint, the outermost first, and the endpoint. */
type Row = readonly [around: readonly ((route: RouteName) => Wrapper)[], endpoint: Endpoint];

/** @returns the endpoint of every route, which anyone may call */
export function endpoints(dependencies: Dependencies): Record<RouteName, Endpoint> {
  const { gateway } = dependencies;
  const json = answeringClients;
  const page = (route: RouteName) => answeringPeople(gateway, route);
  const accountPage = (route: RouteName) => answeringOnAccount(gateway, route);
  const table: Readonly<Record<RouteName, Row>> = {
    "protected-resource-metadata": [[], protectedResourceMetadata(dependencies)],
    "authorization-server-metadata": [[], authorizationServerMetadata(dependencies)],
    "openid-configuration": [[], openidConfiguration(dependencies)],
    jwks: [[json], jwks(dependencies)],
    "gateway-openid-configuration": [[], gatewayOpenidConfiguration(dependencies)],
    "health-live": [[], live()],
    "health-ready": [[], ready(dependencies)],
    "health-client-documents": [[], clientDocuments(dependencies)],
    register: [[json], register(dependencies)],
    "registration-read": [[json], registrationRead(dependencies)],
    "registration-update": [[json], registrationUpdate(dependencies)],
    "registration-delete": [[json], registrationDelete(dependencies)],
    authorize: [[page], authorize(dependencies)],
    consent: [[page], consent(dependencies)],
    "entra-answer": [[page], receiveAnswer(dependencies)],
    callback: [[() => takingAnswerOut, () => accountSignIn(dependencies), page], callback(dependencies)],
    account: [[accountPage], account(dependencies)],
    "account-revoke": [[accountPage], accountRevoke(dependencies)],
    "account-sign-out": [[accountPage], accountSignOut(dependencies)],
    "account-signed-out": [[accountPage], accountSignedOut(dependencies)],
    token: [[json], token(dependencies)],
    revoke: [[json], revoke(dependencies)],
    introspect: [[json], introspect(dependencies)],
    "session-token": [[json], sessionToken(dependencies)],
  };
  return mapRoutes((route) => {
    const [around, endpoint] = table[route];
    return wrapped(
      around.map((wrapper) => wrapper(route)),
      endpoint,
    );
  });
}

/**
 * @param onlyGateway lets only the gateway call an endpoint
 * @returns the endpoint of every route as the app serves it: calls to others end in time, and all but public documents are for
 *   the gateway
 */
export function servedEndpoints(
  dependencies: Dependencies,
  onlyGateway: Wrapper,
): Record<RouteName, Endpoint> {
  const all = endpoints(dependencies);
  return mapRoutes((route) =>
    wrapped([inTime, ...(isPublic(routes[route]) ? [] : [onlyGateway])], all[route]),
  );
}

function mapRoutes(endpointOf: (route: RouteName) => Endpoint): Record<RouteName, Endpoint> {
  const names = Object.keys(routes) as RouteName[];
  return Object.fromEntries(names.map((name) => [name, endpointOf(name)])) as Record<RouteName, Endpoint>;
}
