/** The app role of the authorization server's own Entra application that lets one see and end anyone's sessions. */
export const OPERATOR_ROLE = "Gateway.Operator";
