import { expect, test } from "vitest";
import { credentialsOf, isToken68 } from "../../../runtime/policies/pass-through/authorization.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

test("a token68 has letters, digits and -._~+/ and nothing that stands beside them in ASCII (RFC 9110 §11.2)", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  expect(all.filter((character) => isToken68(`a${character}b`)).join("")).toBe(
    "+-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~",
  );
});

test.each([
  ["a=", true],
  ["a==", true],
  ["=", false],
  ["", false],
  ["a=b", false],
  ["=a", false],
])("%j is a token68: %s, as = stands at the end only", (text, isToken) => expect(isToken68(text)).toBe(isToken));

test.each([
  [[], undefined],
  [["Authorization", "Bearer abc"], "abc"],
  [["Authorization", "bEARER   abc"], "abc"],
  [["Authorization", "Bearer"], ""],
  [["Authorization", "Bearerabc"], undefined],
  [["Authorization", "Basic abc"], undefined],
  [["Authorization", "Bearer a", "Authorization", "Bearer b"], null],
])("of %j the credentials are %j (RFC 9110 §11.6.2)", (headers, credentials) => {
  expect(credentialsOf(fakeExchange({ headers }), "bearer")).toBe(credentials);
});
