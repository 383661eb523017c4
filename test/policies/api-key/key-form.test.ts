import crypto from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DigestIndex } from "../../../runtime/identity/api-key/digest-index.ts";
import { KeyForm } from "../../../runtime/identity/api-key/key-text.ts";

const digest = (text: string): string => crypto.hash("sha256", text, "base64url");

describe("a key that is made", () => {
  const form = new KeyForm();

  it("ends with the CRC-32 of what stands before, as zlib counts it, in base 62", () => {
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (let time = 0; time < 500; time++) {
      const key = form.newKey("shop_live");
      const written = [...key.slice(-6)].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0);
      expect(written).toBe(crc32(key.slice(0, -6)));
      expect([form.isKey(key), form.isMistyped(key, "shop_live")]).toEqual([true, false]);
    }
  });

  it("is told from one with any single character changed, two swapped, or one too few", () => {
    const key = form.newKey("shop");
    for (let at = 5; at < key.length; at++) {
      const other = key[at] === "x" ? "y" : "x";
      expect(form.isMistyped(key.slice(0, at) + other + key.slice(at + 1), "shop")).toBe(true);
      const swapped = key.slice(0, at - 1) + key[at] + key[at - 1] + key.slice(at + 1);
      if (at > 5 && swapped !== key) expect(form.isMistyped(swapped, "shop")).toBe(true);
    }
    expect([key.slice(0, -1), `${key}0`, "shop_"].map((text) => form.isMistyped(text, "shop"))).toEqual([true, true, true]);
  });

  it("says nothing of keys with another prefix, as those of other gateways", () => {
    expect(["shop", "shopping_1", "kong-key", "a_b", ""].map((text) => form.isMistyped(text, "shop"))).toEqual(
      Array(5).fill(false),
    );
  });
});

describe("an index by digest", () => {
  it("finds what was added and nothing else, as a Map does", () => {
    const index = new DigestIndex<number>(5_000);
    const map = new Map<string, number>();
    for (let number = 0; number < 5_000; number++) {
      index.add(digest(`key ${number}`), number);
      map.set(digest(`key ${number}`), number);
    }
    for (let number = -1_000; number < 6_000; number++)
      expect(index.get(digest(`key ${number}`))).toBe(map.get(digest(`key ${number}`)));
    expect(index.size).toBe(5_000);
  });

  it("tells digests apart that begin alike, and holds none where there is none", () => {
    const index = new DigestIndex<string>(40);
    const alike = Array.from({ length: 40 }, (_, number) =>
      `${"A".repeat(28)}${String.fromCharCode(65 + (number % 26))}${number < 26 ? "a" : "b"}`.padEnd(43, "A"),
    );
    for (const one of alike) index.add(one, one);
    expect(alike.map((one) => index.get(one))).toEqual(alike);
    expect(index.get("B".repeat(43))).toBeUndefined();
    expect(new DigestIndex(0).get(digest(""))).toBeUndefined();
  });
});
