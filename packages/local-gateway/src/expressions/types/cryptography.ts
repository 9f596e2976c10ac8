import { createHash, createHmac } from "node:crypto";
import { NetObject } from "../values.ts";
import { bytes } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

const namespace = "System.Security.Cryptography";

/** A HashAlgorithm, keyed or not. */
class HashAlgorithm extends NetObject {
  readonly typeName: string;
  readonly #compute: (data: Uint8Array) => Uint8Array;

  constructor(typeName: string, compute: (data: Uint8Array) => Uint8Array) {
    super();
    this.typeName = typeName;
    this.#compute = compute;
  }

  compute(data: Uint8Array): Uint8Array {
    return this.#compute(data);
  }
}

function hash(name: string, algorithm: string): TypeDefinition {
  const compute = (data: Uint8Array) => new Uint8Array(createHash(algorithm).update(data).digest());
  const make = () => new HashAlgorithm(name, compute);
  return {
    name,
    aliases: [`${name}Managed`],
    namespace,
    bases: ["HashAlgorithm"],
    holds: (value) => value instanceof HashAlgorithm && value.typeName === name,
    construct: { count: [0, 0], call: make },
    staticMethods: {
      Create: { type: name, count: [0, 0], call: make },
      HashData: { type: "byte[]", count: [1, 1], call: ([data]) => compute(bytes(data, "source")) },
    },
  };
}

function hmac(name: string, algorithm: string): TypeDefinition {
  return {
    name,
    namespace,
    bases: ["HashAlgorithm"],
    holds: (value) => value instanceof HashAlgorithm && value.typeName === name,
    construct: {
      count: [1, 1],
      call: ([key]) => {
        const secret = bytes(key, "key");
        return new HashAlgorithm(
          name,
          (data) => new Uint8Array(createHmac(algorithm, secret).update(data).digest()),
        );
      },
    },
  };
}

export const cryptographyTypes: readonly TypeDefinition[] = [
  {
    name: "HashAlgorithm",
    aliases: ["HMAC", "KeyedHashAlgorithm"],
    namespace,
    holds: (value) => value instanceof HashAlgorithm,
    methods: {
      ComputeHash: {
        type: "byte[]",
        count: [1, 1],
        call: (self: HashAlgorithm, [data]) => self.compute(bytes(data, "buffer")),
      },
    },
  },
  hash("MD5", "md5"),
  hash("SHA1", "sha1"),
  hash("SHA256", "sha256"),
  hash("SHA384", "sha384"),
  hash("SHA512", "sha512"),
  hmac("HMACMD5", "md5"),
  hmac("HMACSHA1", "sha1"),
  hmac("HMACSHA256", "sha256"),
  hmac("HMACSHA384", "sha384"),
  hmac("HMACSHA512", "sha512"),
];
