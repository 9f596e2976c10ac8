import { describe, expect, it } from "vitest";
import fc from "../testing/generated-input.ts";
import { networkOf } from "./caller-network.ts";

describe("networkOf", () => {
  it.each([
    ["203.0.113.77", "203.0.113.0/24"],
    ["2001:db8:1234:5678:9abc:def0:1234:5678", "2001:db8:1234::/48"],
    ["::ffff:203.0.113.77", "203.0.113.0/24"],
    ["::1", "::/48"],
    ["fe80::1%eth0", "fe80::/48"],
  ])("keeps of %s the network %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each([null, "", "unknown", "203.0.113.77, 10.0.0.1", "203.0.113.77:1234", '1.1.1.1","x":"', "[::1]"])(
    "makes nothing of %j",
    (address) => {
      expect(networkOf(address)).toBeUndefined();
    },
  );

  it("never keeps the end of an address, and never fails", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
        expect(networkOf(address) ?? "0/24").toMatch(/^[\da-f.:]+\/(24|48)$/);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(255), (address, last) => {
        const neighbour = address.replace(/\d+$/, String(last));
        expect(networkOf(neighbour)).toBe(networkOf(address));
      }),
    );
  });
});
