import { NetList } from "../collections.ts";
import type { TypeDefinition } from "../types/definition.ts";
import { Jwt } from "../types/jwt-value.ts";

export const jwtType: TypeDefinition = {
  name: "Jwt",
  namespace: "",
  holds: (value) => value instanceof Jwt,
  properties: {
    Algorithm: {
      type: "string",
      get: (self: Jwt) => (typeof self.header["alg"] === "string" ? self.header["alg"] : null),
    },
    Audiences: { type: "List<string>", get: (self: Jwt) => new NetList(self.audiences) },
    Claims: { type: "StringValues", get: (self: Jwt) => self.claims },
    ExpirationTime: { type: "DateTime?", get: (self: Jwt) => self.time("exp") },
    Id: { type: "string", get: (self: Jwt) => self.text("jti") },
    IssuedAt: { type: "DateTime?", get: (self: Jwt) => self.time("iat") },
    Issuer: { type: "string", get: (self: Jwt) => self.text("iss") },
    NotBefore: { type: "DateTime?", get: (self: Jwt) => self.time("nbf") },
    Subject: { type: "string", get: (self: Jwt) => self.text("sub") },
    Type: {
      type: "string",
      get: (self: Jwt) => (typeof self.header["typ"] === "string" ? self.header["typ"] : null),
    },
  },
};
