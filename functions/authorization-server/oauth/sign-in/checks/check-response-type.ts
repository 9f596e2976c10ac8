import { OAuthError } from "../../../errors.ts";
import { type Parameters, requiredParameter } from "../../request-body.ts";

/** Only codes in the query (OAuth 2.1 §4.1.1), and no request objects (RFC 9101). */
export function checkResponseType(parameters: Parameters): "code" {
  if (requiredParameter(parameters, "response_type") !== "code") {
    throw new OAuthError("unsupported_response_type", "response_type must be code.");
  }
  if ((parameters.get("response_mode") ?? "query") !== "query") {
    throw new OAuthError("invalid_request", "response_mode must be query.");
  }
  if (parameters.has("request") || parameters.has("request_uri")) {
    throw new OAuthError("request_not_supported", "Request objects are not supported.");
  }
  return "code";
}
