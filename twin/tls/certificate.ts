import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import {
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts";

/** A self-signed certificate with its key, both in PEM. Whoever trusts it trusts nothing else. */
export interface SelfSignedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const DAY_MS = 24 * 3600 * 1000;
const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";

/**
 * Makes a certificate for servers of the local twin (RFC 5280), good for a day either way. It can sign no other.
 *
 * @param hosts DNS names, wildcards included, and IPv4 addresses
 */
export function selfSignedCertificate(hosts: readonly string[]): SelfSignedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(set(sequence(objectIdentifier(COMMON_NAME), utf8String("Local twin"))));
  const names = sequence(...hosts.map(generalName));
  const content = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(new Date(Date.now() - DAY_MS)), utcTime(new Date(Date.now() + DAY_MS))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(sequence(objectIdentifier(SUBJECT_ALT_NAME), octetString(names)))),
  );
  const certificate = sequence(content, ECDSA_WITH_SHA256, bitString(sign("sha256", content, privateKey)));
  return {
    certificate: pem(certificate),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** RFC 5280 §4.2.1.6: dNSName or iPAddress. */
function generalName(host: string): Buffer {
  return isIPv4(host)
    ? implicit(7, Buffer.from(host.split(".").map(Number)))
    : implicit(2, Buffer.from(host));
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
