import { describe, expect, it } from "vitest";
import { HeaderMemory } from "../../../../runtime/identity/jose/header-memory.ts";
import { readToken } from "../../../../runtime/identity/jose/read-token.ts";
import { pairOf, signed } from "./tokens.ts";

const pair = pairOf("RS256");
const claims = { iss: "https://issuer.example", sub: "ada" };
const headers = [
  { alg: "RS256", kid: "a" },
  { alg: "RS256", kid: "b" },
  { alg: "RS256" },
  { alg: "none" },
  { alg: "RS256", crit: ["x"] },
];

describe("a reader that remembers headers", () => {
  it("gives what one without memory gives, whatever it read before", () => {
    const memory = new HeaderMemory();
    for (const first of headers)
      for (const second of headers)
        for (const header of [first, first, second]) {
          const text = signed(pair, claims, header);
          expect(readToken(text, memory)).toEqual(readToken(text));
        }
  });

  it("still refuses other parts that are not right", () => {
    const memory = new HeaderMemory();
    const good = signed(pair, claims, { alg: "RS256" });
    const [header, payload, signature] = good.split(".") as [string, string, string];
    expect(readToken(good, memory)).toEqual(readToken(good));
    for (const text of [
      `${header}.${payload}=.${signature}`,
      `${header}.${payload}.${signature}=`,
      `${header}..${signature}`,
      header,
    ])
      expect(readToken(text, memory)).toEqual(readToken(text));
  });

  it("reads a header once where the next token has the same", () => {
    const memory = new HeaderMemory();
    const [one, other] = ["ada", "bob"].map((sub) => readToken(signed(pair, { ...claims, sub }, { alg: "RS256" }), memory));
    if (typeof one !== "object" || typeof other !== "object") throw new Error("refused");
    expect(other.header).toBe(one.header);
    expect(other.claims.sub).toBe("bob");
  });

  it("keeps no header that is long", () => {
    const memory = new HeaderMemory();
    const long = { alg: "RS256", more: "x".repeat(2_000) };
    const [one, other] = [1, 2].map(() => readToken(signed(pair, claims, long), memory));
    if (typeof one !== "object" || typeof other !== "object") throw new Error("refused");
    expect(other.header).not.toBe(one.header);
  });
});
