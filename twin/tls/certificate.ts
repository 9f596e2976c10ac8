import { generateKeyPairSync, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";

/** A self-signed certificate with its key, both in PEM. Who trusts it trusts nothing else. */
export interface SelfSignedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const DAY_MS = 24 * 3600 * 1000;

/** RFC 5280 §4.2.1.6. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/**
 * Makes a certificate for servers on this machine (RFC 5280), valid since yesterday. It can sign no other certificate.
 *
 * @param hosts DNS names, wildcards included, and IP addresses; the first also names its subject
 * @param validTo milliseconds since 1970, to the second; tomorrow when left out
 */
export function selfSignedCertificate(
  hosts: readonly string[],
  validTo: number = Date.now() + DAY_MS,
): SelfSignedCertificate {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(Math.min(Date.now(), validTo) - DAY_MS);
  certificate.validity.notAfter = new Date(validTo);
  const name = [{ name: "commonName", value: hosts[0] ?? "localhost" }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  const altNames = hosts.map((host) =>
    isIP(host) ? { type: IP_ADDRESS, ip: host } : { type: DNS_NAME, value: host },
  );
  certificate.setExtensions([{ name: "subjectAltName", altNames }]);
  certificate.sign(forge.pki.privateKeyFromPem(keys.privateKey), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate), privateKey: keys.privateKey };
}
