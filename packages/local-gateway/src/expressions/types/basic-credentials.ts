import { NetObject } from "../values.ts";
import type { TypeDefinition } from "./definition.ts";

/** What `AsBasic()` reads from an Authorization header (RFC 7617). */
class BasicAuthCredentials extends NetObject {
  readonly typeName = "BasicAuthCredentials";
  readonly userId: string;
  readonly password: string;

  constructor(userId: string, password: string) {
    super();
    this.userId = userId;
    this.password = password;
  }
}

/** @returns null when the value is not of the Basic scheme */
export function parseBasic(value: string): BasicAuthCredentials | null {
  const match = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(value.trim());
  const text = match ? Buffer.from(match[1] ?? "", "base64").toString("utf8") : "";
  const colon = text.indexOf(":");
  return colon === -1 ? null : new BasicAuthCredentials(text.slice(0, colon), text.slice(colon + 1));
}

export const basicCredentialsType: TypeDefinition = {
  name: "BasicAuthCredentials",
  namespace: "",
  holds: (value) => value instanceof BasicAuthCredentials,
  properties: {
    UserId: { type: "string", get: (self: BasicAuthCredentials) => self.userId },
    Password: { type: "string", get: (self: BasicAuthCredentials) => self.password },
  },
};
