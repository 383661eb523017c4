import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMediaType } from "../../../runtime/body/media-type.ts";
import { createMultipartBody, type MultipartBodyConfig, type PartField } from "../../../runtime/body/multipart-body.ts";
import type { Part } from "../../../runtime/body/multipart-parts.ts";
import { MultipartReader } from "../../../runtime/body/multipart-reader.ts";

const text: PartField = { as: "text", shape: { scalar: 16 }, mediaTypes: [], maxBytes: 1000, headers: [] };
const plain: MultipartBodyConfig = {
  fields: {},
  maxParts: 50,
  maxHeadBytes: 1000,
  maxPartBytes: 10_000,
  maxDepth: 20,
  maxViolations: 10,
};
const media = parseMediaType("multipart/form-data; boundary=b")!;

/** All parts of a body, or what is wrong with it. */
function parseParts(bytes: Buffer, boundary: string, limits: MultipartBodyConfig): Part[] | string {
  const parts: Part[] = [];
  const reader = new MultipartReader(boundary, limits, { streams: () => false, add: (part) => void parts.push(part) });
  return reader.end(bytes) ? parts : reader.problem!;
}

const body = (...lines: string[]): Buffer => Buffer.from(lines.join("\r\n"));
const part = (fields: string, content: string): string[] => ["--b", ...fields.split("\n"), "", content];
const named = (name: string): string => `Content-Disposition: form-data; name="${name}"`;
const read = (bytes: Uint8Array, fields: MultipartBodyConfig["fields"] = {}, change: Partial<MultipartBodyConfig> = {}) =>
  createMultipartBody({ ...plain, fields, ...change }).read(bytes, media);
const detail = (...lines: string[]): string | undefined => read(body(...lines)).problem?.detail;

describe("parts", () => {
  it("become properties, and items where a name comes again", () => {
    const bytes = body(...part(named("a"), "1"), ...part(named("b"), "two\r\nlines"), ...part(named("a"), ""), "--b--", "");
    expect(read(bytes).value).toEqual({ a: ["1", ""], b: "two\r\nlines" });
  });

  it("are numbers, JSON, lists and bytes where the schema says so", () => {
    const bytes = body(
      ...part(named("count"), "3"),
      ...part(`${named("order")}\nContent-Type: application/json`, '{"id":1}'),
      ...part(named("tags"), "x"),
      ...part(`${named("file")}; filename="a.png"\nContent-Type: image/png`, "\x89"),
      "--b--",
    );
    const value = read(bytes, {
      count: { ...text, shape: { scalar: 4 } },
      order: { ...text, as: "json", shape: { scalar: 0 } },
      tags: { ...text, shape: { scalar: 0, items: { scalar: 16 } } },
      file: { ...text, as: "binary" },
    }).value as { [name: string]: unknown };
    expect(value).toEqual({ count: 3, order: { id: 1 }, tags: ["x"], file: Buffer.from("\x89").toString("latin1") });
  });

  it("of a file of JSON stay bytes where the schema has text", () => {
    expect(read(body(...part(`${named("f")}; filename="a.json"\nContent-Type: application/json`, "{}"), "--b--")).value).toEqual({
      f: "{}",
    });
  });

  it("of the wrong media type or without a header field are violations with their place", () => {
    const bytes = body(...part(`${named("f")}; filename="a.txt"\nContent-Type: text/plain`, "x"), "--b--");
    const png = parseMediaType("image/png")!;
    const field: PartField = {
      ...text,
      as: "binary",
      mediaTypes: [png],
      headers: [{ name: "x-checksum", required: true, shape: { scalar: 16 } }],
    };
    expect(read(bytes, { f: field }).violations).toEqual([
      { in: "body", pointer: "/f", keyword: "contentType", message: "must be a part of the media type image/png" },
      { in: "body", pointer: "/f", keyword: "required", message: "must have the header field x-checksum" },
    ]);
  });

  it("made by a FormData of undici come out as they went in", async () => {
    const name = fc.string({ unit: "binary", maxLength: 10 }).filter((each) => each !== "__proto__" && isWellFormed(each));
    const entries = fc.uniqueArray(
      fc.tuple(
        name,
        fc.oneof(
          fc.string({ unit: "binary" }).filter((each) => isWellFormed(each)),
          fc.uint8Array(),
        ),
      ),
      { selector: ([key]) => key.replaceAll(/\r\n?|\n/g, "\r\n"), maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(entries, async (pairs) => {
        const form = new FormData();
        for (const [key, value] of pairs)
          form.append(
            key,
            typeof value === "string" ? value : new Blob([value as Uint8Array<ArrayBuffer>]),
            ...((typeof value === "string" ? [] : [`f "${key}"`]) as []),
          );
        const response = new Response(form);
        const bytes = Buffer.from(await response.arrayBuffer());
        const sent = parseMediaType(response.headers.get("content-type")!)!;
        const parts = parseParts(bytes, sent.parameters[1]!, plain);
        if (pairs.length > 0 && pairs.some(([key]) => /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(key))) {
          expect(typeof parts).toBe("string");
          return;
        }
        if (typeof parts === "string") throw new Error(parts);
        // FormData normalises line breaks of names and of texts.
        const lines = (value: string): string => value.replaceAll(/\r\n?|\n/g, "\r\n");
        expect(parts.map((one) => [one.name, one.filename === undefined ? one.bytes.toString() : [...one.bytes]])).toEqual(
          pairs.map(([key, value]) => [lines(key), typeof value === "string" ? lines(value) : [...value]]),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("are the same in whatever pieces they come, and with whatever has passed before", () => {
    const piece = fc.constantFrom(
      "--b",
      "\r\n",
      "--b--",
      `${named("a")}\r\n`,
      `${named("f")}\r\n`,
      "x",
      "\r\n--b\r\n",
      "\r",
      "-",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }),
        fc.array(fc.nat(9), { minLength: 1 }),
        fc.boolean(),
        (pieces, cuts, streams) => {
          const whole = Buffer.from(`--b\r\n${pieces.join("")}`);
          const seen = (): { parts: string[]; reader: MultipartReader } => {
            const parts: string[] = [];
            const sink = {
              streams: ({ name }: { readonly name: string }) => streams && name === "f",
              add: ({ name, bytes }: Part) => void parts.push(`${name}=${bytes.toString("latin1")}`),
            };
            return { parts, reader: new MultipartReader("b", plain, sink) };
          };
          const once = seen();
          const isGood = once.reader.end(whole);
          const often = seen();
          let held = Buffer.alloc(0);
          for (let at = 0, turn = 0; at < whole.length; turn++) {
            const next = at + 1 + cuts[turn % cuts.length]!;
            held = Buffer.concat([held, whole.subarray(at, next)]);
            at = next;
            if (!often.reader.look(held)) break;
            const { settled } = often.reader;
            held = held.subarray(settled);
            often.reader.pass(settled);
          }
          expect([often.reader.end(held), often.parts]).toEqual([isGood, once.parts]);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("are found or refused in any bytes, without throwing", () => {
    const piece = fc.constantFrom(
      "--b",
      "--b--",
      "\r\n",
      "\n",
      named("x"),
      "Content-Type: a/b",
      ":",
      " ",
      "\r\n\r\n",
      "\x00",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => void read(Buffer.from(pieces.join(""))).problem),
      { numRuns: 2000 },
    );
  });
});

describe("bodies that two readers might read differently are refused", () => {
  const good = part(named("a"), "1");
  it.each<[string, string[], RegExp]>([
    ["no final boundary", [...good], /final boundary is missing/],
    ["cut off in a part", [...good, "--b", named("x")], /final boundary is missing/],
    ["a preamble", ["hello", ...good, "--b--"], /begin with its first boundary/],
    ["an epilogue", [...good, "--b--", "hello"], /Nothing may follow/],
    ["an octet behind the final boundary", [...good, "--b--x"], /Nothing may follow/],
    ["two octets behind it that are no line break", [...good, "--b--\n\r"], /Nothing may follow/],
    ["half a line break behind it", [...good, "--b--\r"], /Nothing may follow/],
    ["white space behind a boundary", ["--b ", named("a"), "", "1", "--b--"], /followed by a line break/],
    ["a longer boundary", ["--bc", named("a"), "", "1", "--b--"], /followed by a line break/],
    ["no Content-Disposition", ["--b", "Content-Type: text/plain", "", "1", "--b--"], /must be form-data/],
    ["no name", ["--b", "Content-Disposition: form-data", "", "1", "--b--"], /no name/],
    ["two names", ["--b", 'Content-Disposition: form-data; name="a"; name="b"', "", "1", "--b--"], /twice/],
    ["filename*", ["--b", `${named("a")}; filename*=utf-8''x`, "", "1", "--b--"], /filename\* without filename/],
    ["a quote behind a backslash", ["--b", 'Content-Disposition: form-data; name="a\\"b"', "", "1", "--b--"], /malformed/],
    ["a continued line", ["--b", named("a"), " folded", "", "1", "--b--"], /malformed/],
    ["a bare LF", ["--b", `${named("a")}\nX: y`, "", "1", "--b--"], /malformed/],
    ["a field twice", ["--b", named("a"), named("a"), "", "1", "--b--"], /twice/],
    [
      "a multipart in a part",
      ["--b", named("a"), "Content-Type: multipart/mixed; boundary=c", "", "1", "--b--"],
      /parts within parts/,
    ],
    ["a transfer encoding", ["--b", named("a"), "Content-Transfer-Encoding: base64", "", "MQ==", "--b--"], /not supported/],
    ["__proto__", [...part(named("__proto__"), "1"), "--b--"], /__proto__/],
    ["a text that is not UTF-8", [...part(`${named("a")}\nContent-Type: text/plain; charset=utf-16`, "1"), "--b--"], /charset/],
  ])("%s", (_, lines, expected) => expect(detail(...lines)).toMatch(expected));

  it("too many parts, too large ones, and long heads", () => {
    const bytes = body(...good, ...good, ...good, "--b--");
    expect(read(bytes, {}, { maxParts: 2 }).problem?.detail).toBe("The body has more than 2 parts.");
    expect(read(bytes, { a: { ...text, maxBytes: 0 } }).problem?.detail).toBe('The part "a" has more than 0 bytes.');
    expect(read(bytes, {}, { maxHeadBytes: 20 }).problem?.detail).toBe("The head of part 1 has more than 20 bytes.");
  });

  it("no boundary, or one that RFC 2046 does not know", () => {
    const form = createMultipartBody(plain);
    for (const type of [
      "multipart/form-data",
      'multipart/form-data; boundary=""',
      `multipart/form-data; boundary=${"x".repeat(71)}`,
      'multipart/form-data; boundary="a "',
    ]) {
      expect(form.read(body("--b--"), parseMediaType(type)!).problem?.detail).toBe("Content-Type must name a valid boundary.");
    }
  });
});

/** No surrogate without its other half, which UTF-8 does not have. */
const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text;
