import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseRange } from "../../../compiler/contract/bodies/media-range.ts";
import { isAcceptable } from "../../../runtime/body/accept.ts";
import { decodeText } from "../../../runtime/body/charset.ts";
import { decodeContent } from "../../../runtime/body/content-coding.ts";
import { ContentSelector, contentTypeOf, refuseMediaType } from "../../../runtime/body/content-selector.ts";
import { formatRange, parseMediaType } from "../../../runtime/body/media-type.ts";
import { createTextBody } from "../../../runtime/body/text-body.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { fakeExchange, problemOf } from "../../harness/fake-exchange.ts";

const ranges = (...texts: string[]) => texts.map((text) => parseRange(text)!.range);

describe("a media type", () => {
  it.each([
    ["application/json", "application", "json", []],
    ['Application/JSON ; Charset="UTF-8"', "application", "json", ["charset", "UTF-8"]],
    ['text/plain;a=1;;b="x;\\"y"', "text", "plain", ["a", "1", "b", 'x;"y']],
  ])("%s is read", (text, type, subtype, parameters) => expect(parseMediaType(text)).toEqual({ type, subtype, parameters }));

  it.each(["", "json", "a/b/c", "a/b; x", "a/b; x=1; X=2", 'a/b; x="1', "application/json, text/plain", "a /b"])(
    "%j is none",
    (text) => {
      expect(parseMediaType(text)).toBeUndefined();
    },
  );
});

describe("selection", () => {
  const pick = (sent: string | undefined, ...declared: string[]): string => {
    const selection = new ContentSelector(ranges(...declared)).select(sent);
    return typeof selection === "string" ? selection : formatRange(selection.entry);
  };

  it.each([
    ["application/json", ["application/json", "*/*"], "application/json"],
    ["APPLICATION/JSON; charset=utf-8", ["application/json"], "application/json"],
    ["application/json; version=2", ["application/json;version=2", "application/json"], "application/json;version=2"],
    ["application/json; version=3", ["application/json;version=2", "application/json"], "application/json"],
    ["application/vnd.a+json", ["application/json", "application/*+json", "application/*"], "application/*+json"],
    ["application/json", ["application/*+json"], "unsupported"],
    ["image/png", ["application/json", "image/*"], "image/*"],
    ["image/png", ["application/json"], "unsupported"],
    ["image/*", ["image/*"], "malformed"],
    ["png", ["image/*"], "malformed"],
    [undefined, ["application/json"], "application/json"],
    [undefined, ["application/json", "text/plain"], "unsupported"],
    [undefined, ["application/json", "*/*"], "*/*"],
    [undefined, ["image/*"], "unsupported"],
    [undefined, [], "unsupported"],
  ])("%s of %j: %s", (sent, declared, expected) => expect(pick(sent, ...declared)).toBe(expected));

  it("is the same for the same value, and not for another", () => {
    const selector = new ContentSelector(ranges("application/json"));
    expect(selector.select("application/json")).toBe(selector.select("application/json"));
    expect(selector.select("text/plain")).toBe("unsupported");
    expect(typeof selector.select(undefined)).toBe("object");
  });

  it("fails where Content-Type comes twice", () => {
    expect(contentTypeOf({ headers: new HeaderList(["Content-Type", "a/b", "content-type", "a/b"]) })).toBeNull();
    expect(contentTypeOf({ headers: new HeaderList(["content-TYPE", "a/b"]) })).toBe("a/b");
  });

  it("that fails is a 415 that says what would do", () => {
    const x = fakeExchange({ method: "PATCH" });
    refuseMediaType(x, ranges("application/merge-patch+json", "application/json; v=1"), "validate");
    expect(problemOf(x)).toMatchObject({ status: 415, type: "urn:gatewright:problem:unsupported-media-type" });
    expect(x.answer!.headers.get("accept")).toBe("application/merge-patch+json, application/json;v=1");
    expect(x.answer!.headers.get("accept-patch")).toBe("application/merge-patch+json, application/json;v=1");
  });
});

describe("Accept", () => {
  it.each([
    [undefined, true],
    ["*/*", true],
    ["application/*;q=0.5", true],
    ["application/json", true],
    ["application/xml, application/json;q=0", false],
    ["application/xml", false],
    ["*/*, application/json;q=0", false],
    ["application/json;q=0, */*;q=0.1", false],
    ["text/html, image/*", false],
    ["nonsense", true],
    ["application/json;q=2", true],
    ["", true],
  ])("%s takes application/json: %s", (accept, expected) =>
    expect(isAcceptable(accept, ranges("application/json"))).toBe(expected),
  );

  it.each([
    ["application/json;charset=utf-8", true],
    ["application/json;v=2", true],
    ["application/json;v=1", false],
    ["application/json;indent=1;q=0, application/json", true],
    ["application/json;indent=1, application/json;q=0", true],
  ])("%s takes application/json;v=2: %s", (accept, expected) =>
    expect(isAcceptable(accept, ranges("application/json;v=2"))).toBe(expected),
  );

  it("may be met by a declared range or by one of several", () => {
    expect(isAcceptable("image/png", ranges("image/*"))).toBe(true);
    expect(isAcceptable("text/csv", ranges("image/*"))).toBe(false);
    expect(isAcceptable("text/csv", ranges("application/json", "text/csv"))).toBe(true);
  });
});

describe("content codings", () => {
  const bytes = Buffer.from("hello ".repeat(20));
  it.each([
    ["gzip", gzipSync(bytes)],
    ["X-GZIP", gzipSync(bytes)],
    ["deflate", deflateSync(bytes)],
    ["deflate", deflateRawSync(bytes)],
    ["br", brotliCompressSync(bytes)],
    ["identity", bytes],
    ["", bytes],
  ])("%s is undone", (coding, packed) => expect(Buffer.from(decodeContent(packed, coding, 200).value!).equals(bytes)).toBe(true));

  it("unfold no further than allowed", () => {
    const bomb = Buffer.alloc(50_000_000);
    for (const [coding, packed] of [
      ["gzip", gzipSync(bomb)],
      ["br", brotliCompressSync(bomb)],
      ["deflate", deflateSync(bomb)],
    ] as const) {
      expect(decodeContent(packed, coding, 1000).problem?.detail).toBe("The body is larger than 1000 bytes once decoded.");
    }
  });

  it.each(["zstd", "gzip, gzip", "gzip"])("%s that cannot be undone is a problem", (coding) =>
    expect(decodeContent(bytes, coding, 1000).problem).toBeDefined(),
  );
});

describe("text", () => {
  const text = (bytes: readonly number[], charset?: string) =>
    decodeText(Uint8Array.from(bytes), parseMediaType(`text/plain${charset === undefined ? "" : `; charset=${charset}`}`)!);
  it("is what its charset says", () => {
    expect(text([0xc3, 0xa4]).value).toBe("ä");
    expect(text([0xe4], "ISO-8859-1").value).toBe("ä");
    expect(text([0x41], "us-ascii").value).toBe("A");
  });
  it.each([
    [[0xe4], undefined],
    [[0xc3, 0xa4], "us-ascii"],
    [[0x41], "utf-16"],
  ] as const)("%j in %s is refused", (bytes, charset) => expect(text(bytes, charset).problem).toBeDefined());
  it("stands for a number where the schema asks for one", () => {
    const plain = parseMediaType("text/plain")!;
    expect(createTextBody({ scalar: 4 }).read(Buffer.from("42"), plain).value).toBe(42);
    expect(createTextBody({ scalar: 4 }).read(Buffer.from("x"), plain).value).toBe("x");
    expect(createTextBody({ scalar: 16 }).read(Buffer.from("42"), plain).value).toBe("42");
  });
});
