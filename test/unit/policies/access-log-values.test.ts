import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RedactedJson } from "../../../runtime/log/redacted-json.ts";
import { redactCardNumbers } from "../../../runtime/policies/access-log/values/card-numbers.ts";
import { redactEmails } from "../../../runtime/policies/access-log/values/emails.ts";
import { redactIbans } from "../../../runtime/policies/access-log/values/ibans.ts";
import { redactJwts } from "../../../runtime/policies/access-log/values/jwts.ts";

const hidden = "[redacted]";

describe("numbers of payment cards", () => {
  // Numbers for tests that card networks and processors publish.
  it.each([
    ["Visa", "4111111111111111"],
    ["Visa of 13 digits", "4222222222222"],
    ["Mastercard", "5555555555554444"],
    ["Mastercard, second range", "2223003122003222"],
    ["American Express, in its groups", "3782 822463 10005"],
    ["Diners Club", "30569309025904"],
    ["Discover", "6011-1111-1111-1117"],
    ["JCB", "3530111333300000"],
    ["UnionPay of 19 digits", "6205500000000000004"],
  ])("of %s are found, also inside of a text and behind other digits", (_issuer, number) => {
    expect(redactCardNumbers(number)).toBe(hidden);
    expect(redactCardNumbers(`card:${number}, 12/29`)).toBe(`card:${hidden}, 12/29`);
    expect(redactCardNumbers(`pay 1 ${number} 12 29.`)).toMatch(/^pay 1 \[redacted\]( 12( 29)?)?\.$/);
    expect(redactCardNumbers(`${number} and ${number}`)).toBe(`${hidden} and ${hidden}`);
  });

  it.each([
    ["a check digit that is wrong", "4111111111111112"],
    ["milliseconds since the epoch", "1796000000003"],
    ["too few digits", "424242424242"],
    ["too many digits", "41111111111111110000"],
    ["a part of a word", "id4111111111111111"],
    ["what a word goes on with", "4111111111111111a"],
    ["what is behind a point", "0.4111111111111111"],
    ["two spaces", "4111  1111  1111  1111"],
    ["a date and a time", "2026-11-29 03:49:31"],
    ["nothing", ""],
  ])("are not: %s", (_what, text) => {
    expect(redactCardNumbers(text)).toBe(text);
  });

  it("by the check digit of any number, wherever the number of its digits puts the doubled ones (ISO/IEC 7812-1 annex B)", () => {
    const withCheckDigit = (digits: readonly number[]): string => {
      const sum = [...digits]
        .reverse()
        .reduce(
          (all, digit, index) => all + (index % 2 === 0 ? [...String(digit * 2)].reduce((a, b) => a + Number(b), 0) : digit),
          0,
        );
      return [...digits, (10 - (sum % 10)) % 10].join("");
    };
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 11, maxLength: 17 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), digits, fc.integer({ min: 1, max: 9 }), (first, others, change) => {
        const number = withCheckDigit([first, ...others]);
        expect(redactCardNumbers(number)).toBe(hidden);
        const wrong = `${number.slice(0, -1)}${(Number(number.at(-1)) + change) % 10}`;
        expect(redactCardNumbers(wrong)).toBe(wrong);
      }),
    );
  });
});

describe("IBANs", () => {
  // Examples of the registry of ISO 13616.
  it.each([
    "DE89370400440532013000",
    "GB29 NWBK 6016 1331 9268 19",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "nl91abna0417164300",
  ])("%s", (iban) => {
    expect(redactIbans(`to ${iban}, today`)).toBe(`to ${hidden}, today`);
    const wrong = iban.replace(/\d/, (digit) => String((Number(digit) + 1) % 10));
    expect(redactIbans(wrong)).toBe(wrong);
    expect(redactIbans(`x${iban}`)).toBe(`x${iban}`);
  });
});

describe("e-mail addresses", () => {
  it.each([
    ["ann@example.com", hidden],
    ["Ann <ann+shop.2@mail.example.co.uk>.", `Ann <${hidden}>.`],
    ["write to ann@example.com. Or to bob@example.org!", `write to ${hidden}. Or to ${hidden}!`],
    ["użytkownik@przykład.pl", hidden],
    ["a@b.c,d@e.f", `${hidden},${hidden}`],
    ["@handle and user@host, 5 @ 3, a@b..c a@.b", "@handle and user@host, 5 @ 3, a@b..c a@.b"],
  ])("%s", (text, expected) => {
    expect(redactEmails(text)).toBe(expected);
  });
});

describe("JSON Web Tokens", () => {
  it.each([
    // RFC 7515 appendix A.1, shortened; RFC 7519 §6.1: an unsecured one; RFC 7516 appendix A.2: five parts.
    ["eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", hidden],
    ["Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ.", `Bearer ${hidden}`],
    ["token=eyJhbGciOiJSU0ExXzUifQ.UGhI.AxY8.KDlT.9hH0&a=1", `token=${hidden}&a=1`],
    ["eyJ and eyJhbGciOiJub25lIn0", "eyJ and eyJhbGciOiJub25lIn0"],
  ])("%s", (text, expected) => {
    expect(redactJwts(text)).toBe(expected);
  });
});

it("bodies are without what looks like a secret, in numbers and in names of members too", () => {
  const json = new RedactedJson({ shapes: [], names: [], pointers: [], values: [redactJwts, redactCardNumbers, redactEmails] });
  const value = {
    order: 4111111111111111,
    large: 6205500000000000004n,
    plain: [1.5, -3, true, null, "4111"],
    "ann@example.com": { note: "4111-1111-1111-1111 of bob@example.org" },
  };
  expect(JSON.parse(json.text(value, undefined))).toEqual({
    order: hidden,
    large: hidden,
    plain: [1.5, -3, true, null, "4111"],
    [hidden]: { note: `${hidden} of ${hidden}` },
  });
});
