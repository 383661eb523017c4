import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers, parseBlock } from "../../../compiler/text/cidr.ts";
import { createCidrSet } from "../../../runtime/addresses/cidr.ts";

describe("parseBlock", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7/32", "192.0.2.7"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8::1/32", "2001:db8::/32"],
    ["::", "::"],
    ["1:0:0:2::/64", "1:0:0:2::/64"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
  ])("reads %s as %s", (text, network) => {
    expect(parseBlock(text)?.network).toBe(network);
  });

  it.each(["", "10.0.0.0/33", "10.0.0.0/08", "::/129", "10.0.0/8", "fe80::1%eth0", "a/8", "10.0.0.0/8/8"])(
    "refuses `%s`",
    (text) => {
      expect(parseBlock(text)).toBeUndefined();
    },
  );

  it("agrees with the runtime on what is in a block", () => {
    const block = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).filter(([address]) => parseBlock(address)?.family === 6),
    );
    fc.assert(
      fc.property(block, fc.oneof(fc.ipV4(), fc.ipV6()), ([address, prefix], other) => {
        const outer = `${address}/${prefix}`;
        expect(covers(parseBlock(outer)!, parseBlock(other)!)).toBe(createCidrSet([outer]).has(other));
        expect(createCidrSet([parseBlock(outer)!.network]).has(address)).toBe(true);
      }),
    );
  });
});
