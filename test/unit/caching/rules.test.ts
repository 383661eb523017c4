import { describe, expect, it } from "vitest";
import { fieldsOf, readDirectives, secondsOf } from "../../../runtime/caching/directives.ts";
import { freshnessOf, guessedLifetime } from "../../../runtime/caching/freshness.ts";
import { httpDate } from "../../../runtime/caching/http-date.ts";
import { createNegotiation } from "../../../runtime/caching/negotiation.ts";
import { asksPlainly, isNotModified, partAsked } from "../../../runtime/caching/preconditions.ts";
import { mayStore, type StoringRules } from "../../../runtime/caching/storability.ts";
import { keptLines, storedHead, updatedLines } from "../../../runtime/caching/stored-answer.ts";
import { acceptedCodings, variantOf, variedBy } from "../../../runtime/caching/vary.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";

const now = Date.UTC(2026, 10, 29, 12, 0, 0);
const date = (seconds: number): string => new Date(now + seconds * 1_000).toUTCString();

describe("Cache-Control (RFC 9111 §5.2)", () => {
  it.each([
    ["max-age=60", 60],
    ['max-age="60"', 60],
    ["MAX-AGE=60", 60],
    ["max-age=60, max-age=5", 5],
    ["max-age=5, max-age=60", 5],
    ["max-age=60, max-age=x", 0],
    ["max-age=x, max-age=60", 0],
    ["max-age=-1", 0],
    ["max-age=1.5", 0],
    ["max-age", 0],
    ["max-age='60'", 0],
    ['extension="a, max-age=60"', undefined],
    ["a-max-age=60", undefined],
    ["max-age=99999999999999999999", 2 ** 31],
  ])("%s: %s seconds", (field, seconds) => {
    expect(secondsOf(readDirectives(field), "max-age")).toBe(seconds === undefined ? undefined : seconds * 1_000);
  });

  it.each([
    ["max-age=60; no-store", ["no-store", "max-age"]],
    ["no-store; max-age=60", ["no-store"]],
    ["private ; public", ["private"]],
    ['no-cache ="set-cookie"', ["no-cache"]],
    ['a="b, private', ["private"]],
    ['a="b\\", private', ["private"]],
    ['a="b, private\\', []],
    ['a="b; private"', []],
    ['a="b, private", no-store', ["no-store"]],
    ["a; max-age=60", []],
  ])("%s: what forbids something counts, however it is written", (field, expected) => {
    const found = readDirectives(field);
    expect(["no-store", "private", "no-cache", "max-age"].filter((name) => found.has(name))).toEqual(expected);
    for (const name of ["private", "no-cache"]) expect(fieldsOf(found, name)).toBeUndefined();
  });

  it("names the fields that are private, of several lines too, and is about the whole where one of them names none", () => {
    expect(fieldsOf(readDirectives('private="X-A, x-b"'), "private")).toEqual(["x-a", "x-b"]);
    expect(fieldsOf(readDirectives('private="a", no-store, private="b"'), "private")).toEqual(["a", "b"]);
    expect(fieldsOf(readDirectives('private="a", private'), "private")).toBeUndefined();
    expect(fieldsOf(readDirectives('private, private="a"'), "private")).toBeUndefined();
  });
});

describe("how long an answer is fresh (RFC 9111 §4.2)", () => {
  it.each<readonly [string, string[], number, number | undefined]>([
    ["nobody says it", [], 0, undefined],
    ["max-age", ["Cache-Control", "max-age=10"], 0, 10],
    ["s-maxage before max-age, for a cache that several share", ["Cache-Control", "max-age=10, s-maxage=20"], 0, 20],
    ["max-age before Expires (§5.3)", ["Cache-Control", "max-age=10", "Expires", date(100)], 0, 10],
    ["Expires, from Date on", ["Expires", date(100), "Date", date(-10)], 10, 110],
    ["an Expires that is no date lies in the past (§5.3)", ["Expires", "0"], 0, 0],
    ["nor is one with another zone", ["Expires", "Sun, 29 Nov 2026 13:00:00 CET"], 0, 0],
    ["the age that others have added (§5.1)", ["Cache-Control", "max-age=10", "Age", "7"], 7, 10],
    ["two of them: the first (§5.1)", ["Age", "3, 8"], 3, undefined],
    ["the same on two lines", ["Age", "3", "Age", "8"], 3, undefined],
    ["one that is no number is ignored (§5.1)", ["Age", "7.5"], 0, undefined],
    ["nor is one below zero", ["Age", "-7"], 0, undefined],
    ["nor is one with something behind it", ["Age", "7s"], 0, undefined],
    ["dates in another case (§4.2)", ["Expires", date(100).toUpperCase(), "Date", date(-10).toLowerCase()], 10, 110],
    ["the apparent age, where that is more (§4.2.3)", ["Age", "2", "Date", date(-5)], 5, undefined],
    ["a Date ahead of our clock makes nothing younger", ["Date", date(60)], 0, undefined],
  ])("%s", (_what, lines, age, lifetime) => {
    const headers = new HeaderList([...lines]);
    const directives = readDirectives(headers.get("cache-control"));
    const found = freshnessOf(headers, { directives, expires: headers.all("expires")[0] }, now, now);
    expect([found.age / 1_000, found.lifetime === undefined ? undefined : found.lifetime / 1_000]).toEqual([age, lifetime]);
  });

  it("is guessed from when it was modified last, where that is asked for (§4.2.2)", () => {
    const guess = (...lines: string[]): number | undefined => guessedLifetime(new HeaderList(lines), now);
    expect(guess("Last-Modified", date(-1_000))).toBe(100_000);
    expect(guess("Last-Modified", date(-1_000), "Date", date(-500))).toBe(50_000);
    expect(guess("Last-Modified", date(-100_000_000)), "at most a day").toBe(86_400_000);
    expect(guess("Last-Modified", date(10))).toBe(0);
    expect(guess()).toBeUndefined();
  });

  it("counts the time that the answer took as age (§4.2.3)", () => {
    expect(freshnessOf(new HeaderList(["Age", "1"]), { directives: new Map(), expires: undefined }, now - 3_000, now).age).toBe(
      4_000,
    );
  });

  it.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sunday, 06-Nov-94 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sun Nov  6 08:49:37 1994", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sunday, 06-Nov-30 08:49:37 GMT", Date.UTC(2030, 10, 6, 8, 49, 37)],
    ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:37", undefined],
    ["Sun, 06 Nov 1994 24:49:37 GMT", undefined],
    ["1994-11-06T08:49:37Z", undefined],
    ["", undefined],
  ])("reads the dates of RFC 9110 §5.6.7, and no others: %s", (text, at) => {
    expect(httpDate(text, now)).toBe(at);
  });
});

describe("what is kept (RFC 9111 §3)", () => {
  const shared: StoringRules = {
    isPersonal: false,
    isShared: false,
    ttl: undefined,
    negativeTtl: undefined,
    guesses: false,
    keepsCookies: false,
    stripsCookies: false,
    keepsRefusals: false,
    written: [],
  };
  it.each<readonly [string, boolean, number, string[], string[], Partial<StoringRules>]>([
    ["200", true, 200, [], [], {}],
    ["an interim answer", false, 103, [], [], {}],
    ["a part (§3.3 lets it, and this cache does not)", false, 206, [], [], {}],
    ["304 to a question of the client's own", false, 304, [], [], {}],
    ["no-store (§5.2.2.5)", false, 200, [], ["Cache-Control", "no-store"], {}],
    ["no-store in the request (§5.2.1.5)", false, 200, ["Cache-Control", "no-store"], [], {}],
    ["private (§5.2.2.7)", false, 200, [], ["Cache-Control", "private"], {}],
    ["private, in a cache for each caller", true, 200, [], ["Cache-Control", "private"], { isPersonal: true }],
    ["private, where callers share by the author's word", false, 200, [], ["Cache-Control", "private"], { isShared: true }],
    ["private fields alone", true, 200, [], ["Cache-Control", 'private="X-A"'], {}],
    ["credentials (§3.5)", false, 200, ["Authorization", "a"], ["Cache-Control", "max-age=1"], {}],
    ["credentials and public", true, 200, ["Authorization", "a"], ["Cache-Control", "public"], {}],
    ["credentials and s-maxage", true, 200, ["Authorization", "a"], ["Cache-Control", "s-maxage=1"], {}],
    ["credentials and must-revalidate", true, 200, ["Authorization", "a"], ["Cache-Control", "must-revalidate"], {}],
    ["credentials, by the author's word", true, 200, ["Authorization", "a"], [], { isShared: true }],
    ["a cookie", false, 200, [], ["Set-Cookie", "a=b", "Cache-Control", "public, max-age=60"], {}],
    ["Vary: * (§4.1)", false, 200, [], ["Vary", "a, *"], {}],
    ["must-understand and a status that is (§5.2.2.3)", true, 200, [], ["Cache-Control", "must-understand, no-store"], {}],
    ["must-understand and one that is not", false, 299, [], ["Cache-Control", "must-understand"], {}],
    ["a status that nobody knows", true, 299, [], ["Cache-Control", "max-age=60"], {}],
    ["what a field of the client provokes (traffic row 57)", false, 431, [], ["Cache-Control", "max-age=60"], {}],
  ])("%s: %s", (_what, expected, status, request, lines, rules) => {
    const [asked, headers] = [new HeaderList([...request]), new HeaderList([...lines])];
    const directives = [asked, headers].map((list) => readDirectives(list.get("cache-control")));
    expect(mayStore(asked, directives[0]!, status, headers, directives[1]!, { ...shared, ...rules })).toBe(expected);
  });

  it("is without the fields of the connection, its age, and what is named (§3.1)", () => {
    const lines = [
      "Connection",
      "X-Hop",
      "X-Hop",
      "1",
      "Keep-Alive",
      "a",
      "Age",
      "5",
      "Content-Length",
      "3",
      "X-User",
      "u",
      "ETag",
      '"a"',
    ];
    expect(keptLines(new HeaderList(lines), ["x-user"])).toEqual(["ETag", '"a"']);
  });

  it("takes from a 304 all but what is about the bytes (§3.2)", () => {
    const stored = ["ETag", '"a"', "Content-Type", "text/plain", "X-Old", "1", "Date", "then"];
    const fresh = [
      "ETag",
      '"b"',
      "Content-Type",
      "text/html",
      "Content-Encoding",
      "br",
      "Content-Length",
      "0",
      "Date",
      "now",
      "X-New",
      "2",
    ];
    const updated = ["ETag", '"a"', "X-Old", "1", "Content-Type", "text/html", "Date", "now", "X-New", "2"];
    expect(updatedLines(stored, fresh)).toEqual(updated);
  });
});

describe("variants (RFC 9111 §4.1)", () => {
  it.each([
    ["gzip, deflate, br", "br, gzip"],
    ["br, gzip", "br, gzip"],
    ["gzip;q=1.0, br;q=0.1, zstd", "br, gzip, zstd"],
    ["br;q=0, gzip", "gzip"],
    ["br;q=0.000, *", "gzip, zstd"],
    ["x-gzip", "gzip"],
    ["identity", "identity"],
    ["", "identity"],
    [undefined, undefined],
  ])("Accept-Encoding %s becomes %s (traffic row 55)", (field, expected) => {
    expect(acceptedCodings(field)).toBe(expected);
  });

  it("are told apart by the values of the fields alone, however they are written", () => {
    expect(variedBy(new HeaderList(["Vary", "B, a", "Vary", "A"]))).toEqual(["a", "b"]);
    const of = (...lines: string[]): string => variantOf(new HeaderList(lines), ["accept", "x"], null);
    expect(of("Accept", "text/html , TEXT/plain ;q=1")).toBe(of("Accept", "text/html,text/plain;q=1"));
    expect(of("X", "a", "X", "b")).toBe(of("X", "a, b"));
    expect(of("X", "a")).not.toBe(of("X", "A"));
    expect(of("X", "-"), "a field that is not there is like no value").not.toBe(of());
  });
});

describe("what a client likes", () => {
  const alike = createNegotiation({ types: ["text/html", "application/json"], languages: [] });

  it("counts up to a length that no browser comes near: nobody makes a request take long by it", () => {
    const short = "text/html;q=0.5, application/json";
    expect(alike.settled("accept", short)).toBe("application/json");
    const long = `${"a/b, ".repeat(500)}${short}`;
    expect(alike.settled("accept", long)).toBe(long);
  });

  it("of codings is told by the first 64, to the service too", () => {
    expect(acceptedCodings(`${"a,".repeat(63)}gzip, br`)).toBe("gzip");
  });
});

describe("preconditions and parts (RFC 9110 §13, §14)", () => {
  const answer = new HeaderList(["ETag", '"a"', "Last-Modified", date(-100), "Date", date(-99)]);
  it.each([
    [true, ["If-None-Match", '"a"']],
    [true, ["If-None-Match", 'W/"a"']],
    [true, ["If-None-Match", '"b", "a"']],
    [true, ["If-None-Match", "*"]],
    [false, ["If-None-Match", '"a,"']],
    [false, ["If-None-Match", '"b"', "If-Modified-Since", date(0)]],
    [true, ["If-Modified-Since", date(-100)]],
    [false, ["If-Modified-Since", date(-101)]],
    [false, ["If-Modified-Since", "yesterday"]],
    [false, []],
  ])("not modified: %s for %j", (expected, lines) => {
    expect(isNotModified(new HeaderList([...lines]), answer, now)).toBe(expected);
  });

  it.each<readonly [unknown, string[]]>([
    [{ start: 0, end: 1 }, ["Range", "bytes=0-0"]],
    [{ start: 5, end: 10 }, ["Range", "bytes=5-"]],
    [{ start: 5, end: 10 }, ["Range", "bytes=5-99999999999999999999"]],
    [{ start: 7, end: 10 }, ["Range", "bytes=-3"]],
    [{ start: 0, end: 10 }, ["Range", "bytes=-99"]],
    ["none", ["Range", "bytes=10-"]],
    ["none", ["Range", "bytes=-0"]],
    [undefined, ["Range", "bytes=5-4"]],
    [undefined, ["Range", "bytes=-"]],
    [undefined, ["Range", "bytes=0-1,3-4"]],
    [undefined, ["Range", "lines=0-1"]],
    [undefined, ["Range", "bytes=0-1", "Range", "bytes=0-1"]],
    [{ start: 0, end: 2 }, ["Range", "bytes=0-1", "If-Range", '"a"']],
    [undefined, ["Range", "bytes=0-1", "If-Range", 'W/"a"']],
    [{ start: 0, end: 2 }, ["Range", "bytes=0-1", "If-Range", date(-100)]],
    [undefined, ["Range", "bytes=0-1", "If-Range", date(-99)]],
  ])("part %j for %j", (expected, lines) => {
    expect(partAsked(new HeaderList([...lines]), answer, 10, now)).toEqual(expected);
  });

  it.each([
    ["of the same second", ["Date", date(-100)]],
    ["before", ["Date", date(-101)]],
    ["that is none", ["Date", "yesterday"]],
    ["that is not there", []],
  ])("no part by the date of something sent at a time %s: it may have changed in that second (RFC 9110 §8.8.2.2)", (_, sent) => {
    const dated = new HeaderList(["Last-Modified", date(-100), ...sent]);
    const request = new HeaderList(["Range", "bytes=0-1", "If-Range", date(-100)]);
    expect(partAsked(request, dated, 10, now)).toBeUndefined();
  });
});

describe("what most requests do not have", () => {
  const received = (...lines: string[]): HeaderList => {
    const { text, places, lengths } = storedHead(lines);
    return HeaderList.received(text, [...places], lengths);
  };

  it.each([
    "Cache-Control",
    "PRAGMA",
    "range",
    "If-Match",
    "if-range",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
  ])("%s is seen", (name) => {
    expect(asksPlainly(received("Host", "a", name, "b"))).toBe(false);
    expect(asksPlainly(new HeaderList(["Host", "a", name, "b"]))).toBe(false);
  });

  it("others are not taken for them", () => {
    const usual = ["Host", "a", "User-Agent", "b", "Accept-Encoding", "gzip", "Cookie", "c=d", "Accept", "*/*", "Referer", "e"];
    expect(asksPlainly(received(...usual))).toBe(true);
  });
});
