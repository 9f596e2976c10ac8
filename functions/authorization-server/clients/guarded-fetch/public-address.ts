import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Addresses that read as public and are not: Azure's own platform answers at this one from inside every virtual network
 * (DNS, DHCP, the virtual machine agent's goal state).
 */
const PLATFORM_ADDRESSES = new Set(["168.63.129.16"]);

/** All of IPv6 that has been given out as global unicast (RFC 4291 §2.4); whatever lies beyond it is special. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Tells whether an address is one of the public internet: none of this machine, its networks, its platform, and none that
 * stands for an IPv4 address in another coat (mapped, compatible, NAT64, 6to4, Teredo), wherever that would lead.
 *
 * @param address as a resolver gives it: four decimal parts, or IPv6
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes("%") || PLATFORM_ADDRESSES.has(address)) return false;
  if (version === 4) return ipaddr.IPv4.parse(address).range() === "unicast";
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.range() === "unicast" && parsed.match(GLOBAL_UNICAST);
}
