import { describe, expect, it } from "vitest";
import { decodeEntry, encodeEntry, type SharedResource } from "../../../runtime/caching/shared/entry.ts";
import { fieldsOfHead, mayBeStale, type StoredAnswer, storedHead } from "../../../runtime/caching/stored-answer.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { isFetchedAlone } from "../../../runtime/policies/cache/wanted.ts";
import { withPartsOf } from "../../../runtime/stores/entry-form.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

const mark = "m".repeat(12);

const answer = (change: Partial<StoredAnswer> = {}): StoredAnswer => ({
  status: 200,
  head: storedHead(["X-Name", "caf\u00e9", "X-Empty", ""]),
  body: Buffer.from("hello"),
  etag: '"x"',
  lastModified: undefined,
  receivedAt: clock.monotonic(),
  age: 0,
  lifetime: 60_000,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  isAskedFirst: false,
  isNeverStale: false,
  varied: ["accept"],
  variant: "accept:=a\n",
  marks: {
    tags: ["__proto__", "\u65e5"],
    subject: undefined,
    uri: "//h/a",
    isWithoutQuery: false,
    era: "",
    number: 1,
    bytes: 1,
    seen: 7,
  },
  ...change,
});

const whose = "w".repeat(18);
const epoch = "e".repeat(12);

/** As they come together in a server. */
function written(...variants: readonly StoredAnswer[]): Buffer {
  const made = variants.map((one) => encodeEntry(one, { version: "v".repeat(12), mark, whose, epoch, span: 60_000 }));
  const bounds = { parts: 10, bytes: 1_000_000 };
  return made.reduceRight((before, one) => withPartsOf(one, before, 60_000, bounds).entry);
}
const read = (entry: Buffer, of = whose): SharedResource | undefined => decodeEntry({ entry, mark, left: 60_000 }, of, epoch);

describe("an entry of a server", () => {
  it("is read as it was written", () => {
    const [one, other] = read(written(answer(), answer({ status: 404, varied: [], variant: "" })))!.variants;
    expect([fieldsOfHead(one!.head).lines, one!.etag, one!.lastModified, one!.body.toString()]).toEqual([
      ["X-Name", "caf\u00e9", "X-Empty", ""],
      '"x"',
      undefined,
      "hello",
    ]);
    expect(one!.marks).toMatchObject({ tags: ["__proto__", "\u65e5"], uri: "//h/a", seen: -1 });
    expect([other!.status, other!.varied]).toEqual([404, []]);
  });

  it("has the values by which its answer varies as a digest, unless clients negotiate by them", () => {
    const variant = "cookie:=session=hunter2\n";
    const entry = written(answer(), answer({ varied: ["cookie"], variant }));
    expect(entry.toString("latin1")).not.toContain("hunter2");
    const [negotiated, secret] = read(entry)!.variants;
    expect([negotiated!.variant, negotiated!.seal]).toEqual(["accept:=a\n", undefined]);
    expect(secret!.seal!(variant)).toBe(secret!.variant);
    for (const asked of ["cookie:=session=hunter3\n", "cookie:-\n", "", secret!.variant])
      expect(secret!.seal!(asked)).not.toBe(secret!.variant);
    // One secret in the entries of two keys is not alike.
    const elsewhere = encodeEntry(answer({ varied: ["cookie"], variant }), {
      version: "v".repeat(12),
      mark,
      whose: "x".repeat(18),
      epoch,
      span: 60_000,
    });
    expect(elsewhere.toString("latin1")).not.toContain(secret!.variant);
  });

  it("of two answers with the same secret, the later one takes the place of the other", () => {
    const secret = { varied: ["cookie"], variant: "cookie:=session=hunter2\n" };
    const variants = read(written(answer({ ...secret, status: 404 }), answer({ ...secret, status: 200 }), answer()))!.variants;
    expect(variants.map(({ status, varied }) => [status, varied[0]])).toEqual([
      [404, "cookie"],
      [200, "accept"],
    ]);
  });

  it("of an older build has the values as they are, and is served all the same", () => {
    const older = Buffer.from(written(answer()).toString("latin1").replaceAll("accept", "cookie"), "latin1");
    const [one] = read(older)!.variants;
    expect([one!.varied, one!.variant, one!.seal]).toEqual([["cookie"], "cookie:=a\n", undefined]);
  });

  it("that was fetched in another epoch is asked about before it is used, by one for all who want it", () => {
    const [now] = read(written(answer()))!.variants;
    expect([now!.isAskedFirst, now!.isDoubted, isFetchedAlone(now)]).toEqual([false, undefined, false]);
    const [before] = decodeEntry({ entry: written(answer()), mark, left: 60_000 }, whose, "f".repeat(12))!.variants;
    expect([before!.isAskedFirst, before!.isDoubted, isFetchedAlone(before)]).toEqual([true, true, false]);
    expect(mayBeStale({ ...before!, staleIfError: 60_000 }, 60_000, clock.monotonic())).toBe(false);
  });

  it("of another key is not there, nor is one of another form", () => {
    const entry = written(answer());
    expect(read(entry, "x".repeat(18))).toBeUndefined();
    for (const form of [1, 2, 4]) {
      entry[2] = form;
      expect(read(entry)).toBeUndefined();
    }
  });

  it.each([
    ["a field", { head: storedHead(["X-Name", "a\nSet-Cookie: b=c"]) }],
    [
      "a field by a character that becomes an end of line as a byte",
      { head: storedHead(["X-Name", "a\u010d\u010aSet-Cookie: b=c"]) },
    ],
    ["the name of a field", { head: storedHead(["X-Name\nSet-Cookie", "b=c"]) }],
    ["its ETag", { etag: '"a"\r\nX-User: admin' }],
    ["its date", { lastModified: "a\u010aX-User: admin" }],
    ["its status", { status: 100 }],
  ] as const)("is not there where somebody wrote into it what is not one answer: %s", (_, change) => {
    expect(read(written(answer(change)))).toBeUndefined();
  });

  it("that is cut or damaged anywhere is not there, or one that can be sent", () => {
    const chance = seededChance(11);
    const entry = written(answer(), answer({ marks: undefined } as Partial<StoredAnswer>));
    for (let end = 0; end < entry.length; end++) expect(read(entry.subarray(0, end))).toBeUndefined();
    let left = 0;
    for (let turn = 0; turn < 5_000; turn++) {
      const damaged = Buffer.from(entry);
      for (let count = 0; count < 3; count++) damaged[Math.floor(chance() * damaged.length)] = Math.floor(chance() * 256);
      for (const { status, head, etag = "" } of read(damaged)?.variants ?? []) {
        left++;
        expect(status >= 200 && status < 1_000 && !/[^\t\x20-\x7e\x80-\xff]/.test(head.text.replaceAll("\r\n", "") + etag)).toBe(
          true,
        );
      }
    }
    expect(left).toBeGreaterThan(100);
  });
});
