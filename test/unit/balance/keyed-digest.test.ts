import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { KeyedDigest } from "../../../runtime/upstream/balance/keyed-digest.ts";

it("is HMAC-SHA256, for keys and texts of any length and script, in any order", () => {
  const texts = ["", "http://10.0.0.7:8080", "x".repeat(10_000), "über 端点 😀", "y".repeat(193), "http://10.0.0.7:8080"];
  for (const key of ["", "0123456789abcdef", "k".repeat(64), "k".repeat(65), "schlüssel".repeat(40)]) {
    const digest = new KeyedDigest(key);
    for (const text of texts) expect(digest.of(text)).toBe(createHmac("sha256", key).update(text).digest("base64url"));
  }
});
