/** All that infra/, twin/ and doctor/ import of this app. */

export { accountUrl } from "./account/account-url.ts";
export { OPERATOR_ROLE } from "./account/operator-role.ts";
export { type RefusalReason, refusalReason } from "./oauth/sign-in/refusal-descriptions.ts";
export { isOperation, methodsOf, type Route, type RouteName, routes } from "./routes.ts";
export { ASSERTION_TYPE } from "./sessions/assertion-type.ts";
export { SIGNING_KEY, type settingsSchema, WRAPPING_KEY } from "./settings.ts";
export { type ContainerName, containers } from "./store/containers.ts";
export type { CosmosSettings } from "./store/cosmos.ts";
