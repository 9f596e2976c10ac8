import ipaddr from "ipaddr.js";

/** Carries the address of the gateway's caller; worth something only from the gateway. */
export const CALLER_ADDRESS_HEADER = "x-caller-address";

/** How much of an address a log may keep: a network, and not the one household or machine in it. */
const PREFIX_BITS = { ipv4: 24, ipv6: 48 } as const;

/**
 * @param address as the gateway saw it
 * @returns its network in CIDR notation, of an IPv4 address in IPv6's coat (RFC 4291 §2.5.5.2) the IPv4 one; undefined when it is no
 *   address
 */
export function networkOf(address: string | null): string | undefined {
  if (!address || !ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  const bits = PREFIX_BITS[parsed.kind()];
  const kept = parsed.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(kept).toString()}/${bits}`;
}
