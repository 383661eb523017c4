import fc from "fast-check";
import { GiveUp, type Merged } from "./merged.ts";
import { regularExpression } from "./oracle.ts";
import type { Random } from "./random.ts";

const examples: { readonly [format: string]: (random: Random) => string } = {
  base64url: () => "Z2F0ZQ",
  byte: () => "Z2F0ZQ==",
  char: (random) => random.word(1),
  date: (random) => `20${random.integer(10, 30)}-0${random.integer(1, 9)}-1${random.integer(0, 9)}`,
  "date-time": (random) => `20${random.integer(10, 30)}-0${random.integer(1, 9)}-15T10:2${random.integer(0, 9)}:30Z`,
  decimal: (random) => `${random.integer(0, 99)}.5`,
  decimal128: (random) => `${random.integer(0, 99)}.5`,
  duration: (random) => `PT${random.integer(1, 50)}M`,
  email: (random) => `${random.word(5)}@example.com`,
  hostname: (random) => `${random.word(6)}.example.com`,
  "http-date": () => "Sun, 06 Nov 1994 08:49:37 GMT",
  "idn-email": (random) => `${random.word(5)}@example.com`,
  "idn-hostname": (random) => `${random.word(6)}.example.com`,
  int64: (random) => String(random.integer(0, 100_000)),
  uint64: (random) => String(random.integer(0, 100_000)),
  ipv4: (random) => `192.0.2.${random.integer(1, 250)}`,
  ipv6: (random) => `2001:db8::${random.integer(1, 99)}`,
  iri: (random) => `https://example.com/${random.word(5)}`,
  "iri-reference": (random) => `/${random.word(5)}`,
  "json-pointer": (random) => `/${random.word(5)}`,
  "media-range": () => "text/*",
  regex: () => "^a+$",
  "relative-json-pointer": () => "1/a",
  time: (random) => `10:2${random.integer(0, 9)}:30Z`,
  uri: (random) => `https://example.com/${random.word(5)}`,
  "uri-reference": (random) => `/${random.word(5)}`,
  "uri-template": (random) => `/${random.word(5)}/{id}`,
  uuid: (random) => `4d1f1c9${random.integer(0, 9)}-8a0e-4f6b-9f51-3a2c5d7e8f90`,
};

/** Text that the schema allows. Throws GiveUp where its patterns, formats and bounds find nothing in common. */
export function textValue({ patterns, formats, minLength, maxLength, longestMatched }: Merged, random: Random): string {
  if (minLength > 100_000) throw new GiveUp("the text would be too long");
  const fits = (text: string): boolean => {
    const { length } = [...text];
    return (
      length >= minLength &&
      length <= maxLength &&
      text.length <= longestMatched &&
      patterns.every((pattern) => regularExpression(pattern).test(text))
    );
  };
  const formatted = formats.flatMap((format) => (Object.hasOwn(examples, format) ? [examples[format]!(random)] : []));
  const long = Math.min(maxLength, Math.max(minLength, random.integer(4, 9)));
  const plain = [...formatted.slice(0, 1), ...(formatted.length > 0 ? [] : [random.word(long)]), ...guesses(long)];
  const found = (formatted.length > 0 ? formatted : plain).find(fits) ?? plain.find(fits);
  if (found !== undefined) return found;
  for (const pattern of patterns) {
    const matching = matchingTexts(pattern, random).filter(fits);
    const visible =
      matching.find((text) => /^[!-~]+$/.test(text)) ?? matching.find((text) => /^[ -~]*$/.test(text)) ?? matching[0];
    if (visible !== undefined) return visible;
  }
  throw new GiveUp(
    patterns.length > 0 ? `no text was found for the pattern ${patterns.join(" and ")}` : "no text has this length and format",
  );
}

/** What many patterns are about. */
const guesses = (length: number): string[] => [
  "4".repeat(Math.min(length, 1000)),
  "A".repeat(Math.min(length, 1000)),
  "10.50",
  "2024-05-06",
  "2024-05-06T10:20:30Z",
  "https://example.com/a",
  "+491234567",
  "ann@example.com",
  "a-1",
  "EUR",
  "DE",
  "en-US",
  "/a",
  "#aabbcc",
];

function matchingTexts(pattern: string, random: Random): string[] {
  try {
    const arbitrary = fc.stringMatching(regularExpression(pattern), { size: "small" });
    return fc.sample(arbitrary, { seed: random.integer(0, 2 ** 30), numRuns: 60 });
  } catch {
    throw new GiveUp(`no text can be made for the pattern ${pattern}`);
  }
}
