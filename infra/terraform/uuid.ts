import { createHash } from "node:crypto";

/** Namespace of this project's UUIDs; never to be changed, as scopes and roles keep their IDs by it. */
const NAMESPACE = "9a7e3c52-6b0d-4f0e-8f6b-3c1d5a2e7b94";

/**
 * A name's UUID, the same on every machine and in every deployment.
 *
 * @returns a version 5 UUID (RFC 9562 section 5.5)
 */
export function uuidOf(name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(NAMESPACE.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  const bytes = hash.subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
