import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CidrSetBuilder, createCidrSet } from "../../../runtime/addresses/cidr.ts";
import { type PackedCidr, packCidr, unpackCidr } from "../../../runtime/addresses/packed-cidr.ts";
import { parseIp } from "../../../runtime/addresses/parse-ip.ts";

const ip = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("::", "::1", "::ffff:10.1.2.3", "10.0.0.0", "255.255.255.255", "2001:db8::"),
);
const block = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`),
  fc
    .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
    .filter(([address]) => parseIp(address, new Uint32Array(4)) === 6)
    .map(([address, prefix]) => `${address}/${prefix}`),
  fc.ipV4(),
);

describe("createCidrSet", () => {
  it("has the addresses of its blocks and no others", () => {
    const set = createCidrSet(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]);
    expect(
      ["10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8::", "2001:db8:ffff::1"].map((one) => set.has(one)),
    ).not.toContain(false);
    expect(["9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8", "2001:db9::", "::"].map((one) => set.has(one))).not.toContain(
      true,
    );
  });

  it("takes IPv4-mapped addresses for IPv4, and never mixes the families", () => {
    expect(createCidrSet(["10.0.0.0/8"]).has("::ffff:10.1.1.1")).toBe(true);
    expect(createCidrSet(["::ffff:10.0.0.0/104"]).has("10.1.1.1")).toBe(true);
    expect(createCidrSet(["::/0"]).has("10.1.1.1")).toBe(false);
    expect(createCidrSet(["0.0.0.0/0"]).has("::a00:1")).toBe(false);
    expect(createCidrSet(["0.0.0.0/0", "::/0"]).has("::a00:1")).toBe(true);
  });

  it("cannot decide about what is no address", () => {
    const set = createCidrSet(["0.0.0.0/0", "::/0"]);
    for (const text of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      "256.1.1.1",
      "1..2.3",
      "::1%eth0",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "12345::",
      "1:",
      "::1.2.3",
      "1:2:3:4:5:6:7:1.2.3.4",
    ]) {
      expect(set.has(text), text).toBeUndefined();
    }
  });

  it.each(["", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "::/129", "10/8", "::ffff:1.2.3.4/95"])(
    "refuses the block `%s`",
    (text) => {
      expect(() => createCidrSet([text])).toThrow("not a CIDR block");
    },
  );

  it("finds in 5,000 blocks what it finds in each of them", () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 5_000, maxLength: 5_000 }), fc.array(ip, { maxLength: 20 }), (blocks, others) => {
        const set = createCidrSet(blocks);
        const own = blocks.slice(0, 20).map((one) => one.split("/")[0]!);
        for (const address of [...own, ...others])
          expect(set.has(address), address).toBe(blocks.some((one) => createCidrSet([one]).has(address) === true));
      }),
      { numRuns: 5 },
    );
  });

  it("is the same in another process", () => {
    fc.assert(
      fc.property(fc.array(block), fc.array(ip, { minLength: 1, maxLength: 20 }), (blocks, addresses) => {
        const builder = new CidrSetBuilder();
        for (const one of blocks) builder.add(one);
        const set = builder.build();
        const other = unpackCidr(JSON.parse(JSON.stringify(packCidr(set))) as PackedCidr);
        expect(other.size).toBe(set.size);
        for (const address of [...addresses, ...blocks.map((one) => one.split("/")[0]!)])
          expect(other.has(address)).toBe(set.has(address));
      }),
    );
  });

  it("counts blocks that cover or continue each other as one", () => {
    expect(createCidrSet(["10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16"]).size).toBe(1);
    expect(createCidrSet(["0.0.0.0/1", "128.0.0.0/1"]).has("255.255.255.255")).toBe(true);
  });

  it("agrees with Node's BlockList", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), fc.array(ip, { minLength: 1, maxLength: 12 }), (blocks, addresses) => {
        const set = createCidrSet(blocks);
        // One list a family: a BlockList looks for IPv4 addresses in the IPv6 blocks that hold their mapped form.
        const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
        for (const one of blocks) {
          const [address, prefix] = one.split("/");
          const family = one.includes(":") ? "ipv6" : "ipv4";
          if (prefix === undefined) lists[family].addAddress(address!, family);
          else lists[family].addSubnet(address!, Number(prefix), family);
        }
        for (const address of [...addresses, ...blocks.map((one) => one.split("/")[0]!)]) {
          if (address.toLowerCase().startsWith("::ffff:")) continue;
          const family = address.includes(":") ? "ipv6" : "ipv4";
          expect(set.has(address), `${address} in ${blocks.join(" ")}`).toBe(lists[family].check(address, family));
        }
      }),
    );
  });

  it("agrees with Node's BlockList where blocks begin and end within the same 48 bits, and next to them", () => {
    const group = fc.constantFrom("0", "1", "7fff", "8000", "ffff");
    const near = fc.tuple(fc.constantFrom("0", "1", "2", "ffff"), group, group, group).map(([at, a, b, c]) => {
      return `2001:db8:${at}:${a}:${b}:0:0:${c}`;
    });
    const blocks = fc.array(fc.tuple(near, fc.integer({ min: 30, max: 128 })), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(blocks, fc.array(near, { minLength: 20, maxLength: 20 }), (all, addresses) => {
        const set = createCidrSet(all.map(([address, prefix]) => `${address}/${prefix}`));
        const list = new BlockList();
        for (const [address, prefix] of all) list.addSubnet(address, prefix, "ipv6");
        for (const address of [...addresses, ...all.map(([one]) => one)])
          expect(set.has(address), `${address} in ${all.join(" ")}`).toBe(list.check(address, "ipv6"));
      }),
      { numRuns: 500 },
    );
  });

  it("takes for addresses what Node takes for addresses", () => {
    const alphabet = fc.constantFrom("0", "1", "9", "a", "F", ":", "::", ".", "255", "10", "ffff");
    const text = fc.array(alphabet, { maxLength: 16 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.oneof(text, ip), (candidate) => {
        expect(parseIp(candidate, new Uint32Array(4)) !== 0, candidate).toBe(isIP(candidate) !== 0);
      }),
      { numRuns: 2000 },
    );
    // Every character in the place of a digit, but the one that begins a zone.
    for (let code = 0; code < 0x1_0000; code++) {
      if (code === 0x25) continue;
      const candidate = `::${String.fromCharCode(code)}1`;
      expect(parseIp(candidate, new Uint32Array(4)) !== 0, `character ${code}`).toBe(isIP(candidate) !== 0);
    }
  });
});
