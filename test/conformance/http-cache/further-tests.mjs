// Tests that the suite does not have, in its own form (its CONTRIBUTING.md), so that the same caches are judged by the same client.

/** Fresh for long; `more`: further fields. */
const kept = (...more) => ({
  response_headers: [["Cache-Control", "max-age=3600"], ["Date", 0], ...more],
  setup: true,
  pause_after: true,
});
/** Fresh for a second, and asked about behind that. */
const soonStale = (control, ...more) => ({
  response_headers: [["Cache-Control", control], ["Date", 0], ["ETag", '"abc"'], ...more],
  setup: true,
  pause_after: true,
});
const unmodified = (...fields) => ({
  response_status: [304, "Not Modified"],
  response_headers: fields.map(([name, value]) => [name, value, false]),
  expected_status: 200,
  setup: true,
  pause_after: true,
});
const cached = (more = {}) => ({ expected_type: "cached", ...more });
const fetched = (more = {}) => ({ expected_type: "not_cached", ...more });
const asking = (...fields) => ({ request_headers: fields });
const test = (id, name, requests, more = {}) => ({ id: `further-${id}`, name, requests, ...more });
const optimal = { kind: "optimal" };
const check = { kind: "check" };

const text = "0123456789";
const whole = (...more) => ({ ...kept(...more), response_body: text });
/** A request for a part of `whole`. */
const part = (range, more = {}) => ({
  request_headers: [["Range", range], ...(more.fields ?? [])],
  response_body: text,
  ...more.expected,
});
const partly = (length) => ({ expected_type: "cached", expected_status: 206, expected_response_text: text.slice(0, length) });
const wholly = { expected_type: "cached", expected_status: 200, expected_response_text: text };

const storing = {
  id: "further-storing",
  name: "Further: storing",
  tests: [
    test("no-store-case", "names of directives have no case", [kept(["Cache-Control", "NO-STORE"]), fetched()]),
    test("two-lines", "Cache-Control in two lines is one list", [kept(["Cache-Control", "no-store"]), fetched()]),
    test("quoted-comma", "a comma in a quoted argument does not end a directive",
      [{ ...kept(), response_headers: [["Cache-Control", 'foo="a, no-store, b", max-age=3600']] }, cached()], optimal),
    test("must-understand-known", "no-store with must-understand is ignored where the status is known",
      [{ ...kept(), response_headers: [["Cache-Control", "no-store, must-understand, max-age=3600"]] }, cached()], optimal),
    test("must-understand-unknown", "must-understand forbids to keep a status that is not known",
      [{ ...kept(["Cache-Control", "must-understand"]), response_status: [299, "Whatever"] }, fetched({ response_status: [200, "OK"] })]),
    test("unknown-status", "a status that is not known is kept where the service says for how long",
      [{ ...kept(), response_status: [299, "Whatever"] }, cached({ expected_status: 299 })], optimal),
    test("request-no-store", "an answer to a request with no-store is not kept",
      [{ ...kept(), ...asking(["Cache-Control", "no-store"]) }, fetched()], check),
    test("options", "answers to OPTIONS are not kept",
      [{ ...kept(), request_method: "OPTIONS" }, { request_method: "OPTIONS", ...fetched() }]),
    test("put", "an answer to PUT is none to GET", [{ ...kept(), request_method: "PUT", request_body: "a" }, fetched()]),
    test("head", "an answer to HEAD is none to GET", [{ ...kept(), request_method: "HEAD" }, fetched()]),
    test("head-of-get", "an answer to GET is one to HEAD", [kept(), cached({ request_method: "HEAD" })], optimal),
    test("private-field", "a field that is private is not kept, the rest is",
      [{ ...kept(["X-User", "one"]), response_headers: [["Cache-Control", 'private="X-User", max-age=3600'], ["X-User", "one"]] },
        cached({ expected_response_headers_missing: ["X-User"] })], optimal),
    test("not-private-field", "what is private as a field is not given to others",
      [{ ...kept(), response_headers: [["Cache-Control", 'private="X-User", max-age=3600'], ["X-User", "one"]] },
        { response_headers: [["X-Other", "two"]], expected_response_headers_missing: ["X-User"] }]),
    test("range-request", "a part is not kept as the whole",
      [{ ...kept(["Content-Range", "bytes 0-4/10"]), response_status: [206, "Partial Content"], response_body: "01234", ...asking(["Range", "bytes=0-4"]) },
        fetched({ response_body: text })]),
    test("partial-unasked", "a 206 to a request without Range is not kept as the whole",
      [{ ...kept(["Content-Range", "bytes 0-4/10"]), response_status: [206, "Partial Content"], response_body: "01234" },
        fetched({ response_body: text })]),
  ],
}; // biome-ignore format: one test each line or two

const freshness = {
  id: "further-freshness",
  name: "Further: freshness",
  tests: [
    test("s-maxage-zero", "s-maxage=0 wins over max-age", [kept(["Cache-Control", "s-maxage=0"]), fetched()]),
    test("expires-before-date", "Expires before Date is stale",
      [{ response_headers: [["Date", 0], ["Expires", -10]], setup: true }, fetched()]),
    test("old-date", "what has an old Date is as old as that",
      [{ response_headers: [["Cache-Control", "max-age=60"], ["Date", -3600]], setup: true }, fetched()]),
    test("future-date", "a Date in the future makes nothing older", [{ ...kept(), response_headers: [["Cache-Control", "max-age=3600"], ["Date", 3600]] }, cached()], optimal),
    test("age-overflow", "an Age beyond all numbers is old",
      [kept(["Age", "99999999999999999999999"]), fetched()]),
    test("max-age-overflow", "a max-age beyond all numbers is for ever",
      [{ ...kept(), response_headers: [["Cache-Control", "max-age=99999999999999999999999"]] }, cached()], optimal),
    test("max-age-float", "a max-age that is no whole number is not 10 seconds",
      [{ ...kept(), response_headers: [["Cache-Control", "max-age=10.5"], ["Date", 0]] }, fetched()], check),
    test("pragma", "Pragma of an answer says nothing", [kept(["Pragma", "no-cache"]), cached()], optimal),
    test("date-junk", "a Date that is none does not make an answer old", [{ ...kept(), response_headers: [["Cache-Control", "max-age=3600"], ["Date", "yesterday", false]] }, cached()], optimal),
  ],
}; // biome-ignore format: one test each line or two

const vary = {
  id: "further-vary",
  name: "Further: Vary",
  tests: [
    test("vary-empty-member", "empty members of Vary say nothing",
      [{ ...kept(["Vary", ", Foo, ,"]), ...asking(["Foo", "1"]) }, fetched(asking(["Foo", "2"]))]),
    test("vary-empty-member-same", "so that the same request has the same answer",
      [{ ...kept(["Vary", ", Foo, ,"]), ...asking(["Foo", "1"]) }, cached(asking(["Foo", "1"]))], optimal),
    test("vary-case", "names in Vary have no case",
      [{ ...kept(["Vary", "FOO"]), ...asking(["foo", "1"]) }, fetched(asking(["Foo", "2"]))]),
    test("vary-two-lines", "Vary in two lines is one list",
      [{ ...kept(["Vary", "Foo"], ["Vary", "Bar"]), ...asking(["Foo", "1"], ["Bar", "1"]) }, fetched(asking(["Foo", "1"], ["Bar", "2"]))]),
    test("vary-star-among", "a star among names is one all the same",
      [{ ...kept(["Vary", "Foo, *"]), ...asking(["Foo", "1"]) }, fetched(asking(["Foo", "1"]))]),
    test("vary-back", "a variant is still there when another one came",
      [{ ...kept(["Vary", "Foo"]), ...asking(["Foo", "1"]) }, { ...kept(["Vary", "Foo"]), ...asking(["Foo", "2"]) }, cached(asking(["Foo", "1"])), cached(asking(["Foo", "2"]))], optimal),
    test("vary-absent", "a field that is absent is not an empty one", [kept(["Vary", "Foo"]), fetched(asking(["Foo", "1"]))]),
  ],
}; // biome-ignore format: one test each line or two

const conditions = {
  id: "further-conditions",
  name: "Further: conditions and ranges",
  tests: [
    test("inm-list", "one of several in If-None-Match", [kept(["ETag", '"abc"']), cached({ ...asking(["If-None-Match", '"x", "abc"']), expected_status: 304 })], optimal),
    test("inm-weak", "If-None-Match is compared weakly", [kept(["ETag", '"abc"']), cached({ ...asking(["If-None-Match", 'W/"abc"']), expected_status: 304 })], optimal),
    test("inm-star", "If-None-Match: *", [kept(["ETag", '"abc"']), cached({ ...asking(["If-None-Match", "*"]), expected_status: 304 })], optimal),
    test("inm-before-ims", "If-Modified-Since says nothing beside If-None-Match",
      [kept(["ETag", '"abc"'], ["Last-Modified", -5000]), { ...asking(["If-None-Match", '"x"'], ["If-Modified-Since", -10]), expected_status: 200 }]),
    test("inm-comma", "a comma in an entity tag does not end it",
      [kept(["ETag", '"a,b"']), cached({ ...asking(["If-None-Match", '"a,b"']), expected_status: 304 })], optimal),
    test("inm-head", "HEAD with If-None-Match", [kept(["ETag", '"abc"']), cached({ request_method: "HEAD", ...asking(["If-None-Match", '"abc"']), expected_status: 304 })], optimal),
    test("if-match", "a condition that a cache cannot judge goes to the service",
      [kept(["ETag", '"abc"']), { ...asking(["If-Match", '"x"']), response_status: [412, "Precondition Failed"], ...fetched() }], check),
    test("range", "a part out of the whole", [whole(), part("bytes=0-4", { expected: partly(5) })], optimal),
    test("range-suffix", "the end out of the whole", [whole(), part("bytes=-4", { expected: { expected_type: "cached", expected_status: 206, expected_response_text: "6789" } })], optimal),
    test("range-too-long", "a suffix longer than the whole", [whole(), part("bytes=-400", { expected: { expected_type: "cached", expected_status: 206, expected_response_text: text } })], optimal),
    test("range-unit", "a unit that nobody knows is not there", [whole(), part("lines=0-1", { expected: { expected_status: 200, expected_response_text: text } })]),
    test("range-reversed", "a range that is none is not there", [whole(), part("bytes=5-2", { expected: { expected_status: 200, expected_response_text: text } })]),
    test("range-head", "a range means nothing to HEAD", [whole(), { ...asking(["Range", "bytes=0-4"]), request_method: "HEAD", expected_status: 200 }]),
    test("if-range", "If-Range that holds", [whole(["ETag", '"abc"']), part("bytes=0-4", { fields: [["If-Range", '"abc"']], expected: partly(5) })], optimal),
    test("if-range-weak", "If-Range is never compared weakly",
      [whole(["ETag", 'W/"abc"']), part("bytes=0-4", { fields: [["If-Range", 'W/"abc"']], expected: { expected_status: 200, expected_response_text: text } })]),
    test("if-range-other", "If-Range that does not hold", [whole(["ETag", '"abc"']), part("bytes=0-4", { fields: [["If-Range", '"x"']], expected: wholly })]),
    test("range-digest", "a part does not have the digest of other content (RFC 9530 §2)",
      [whole(["Content-Digest", "sha-256=:AAAA:"]), part("bytes=0-4", { expected: { expected_status: 206, expected_response_text: "01234", expected_response_headers_missing: ["Content-Digest"] } })]),
    test("304-digest", "nor does an answer without content",
      [kept(["ETag", '"abc"'], ["Content-Digest", "sha-256=:AAAA:"]), { ...asking(["If-None-Match", '"abc"']), expected_status: 304, expected_response_headers_missing: ["Content-Digest"] }], optimal),
  ],
}; // biome-ignore format: one test each line or two

const updates = {
  id: "further-updates",
  name: "Further: 304 updates and invalidation",
  tests: [
    test("304-no-store", "what a 304 says must not be stored is not", [soonStale("max-age=1"), unmodified(["ETag", '"abc"'], ["Cache-Control", "no-store"]), fetched()]),
    test("304-private", "nor what it says is private", [soonStale("max-age=1"), unmodified(["ETag", '"abc"'], ["Cache-Control", "private, max-age=3600"]), fetched()]),
    test("304-vary-star", "nor what varies by everything from then on", [soonStale("max-age=1"), unmodified(["ETag", '"abc"'], ["Cache-Control", "max-age=3600"], ["Vary", "*"]), fetched()]),
    test("304-age", "a 304 that is old makes nothing fresh", [soonStale("max-age=1"), unmodified(["ETag", '"abc"'], ["Cache-Control", "max-age=60"], ["Age", "100"]), fetched()]),
    test("304-other-etag", "a 304 for another representation updates nothing",
      [soonStale("max-age=1"), { ...unmodified(["ETag", '"other"'], ["Cache-Control", "max-age=3600"]),check_body: false }, fetched()]),
    test("304-fresh", "a 304 makes an answer fresh for as long as it says", [soonStale("max-age=1"), unmodified(["ETag", '"abc"'], ["Cache-Control", "max-age=3600"]), cached()], optimal),
    test("invalidate-302", "a redirection as the answer to POST drops what is kept",
      [kept(), { request_method: "POST", request_body: "a", response_status: [302, "Found"], redirect: "manual", setup: true }, fetched()]),
    test("invalidate-200-then-old", "an error of the service drops nothing",
      [kept(), { request_method: "DELETE", response_status: [503, "Service Unavailable"], setup: true }, cached()], optimal),
    test("safe-drops-nothing", "a safe method drops nothing", [kept(), { request_method: "OPTIONS", setup: true }, cached()], optimal),
  ],
}; // biome-ignore format: one test each line or two

const serving = {
  id: "further-serving",
  name: "Further: stale answers and request directives",
  tests: [
    test("swr-over", "behind its window nothing stale is served", [soonStale("max-age=1, stale-while-revalidate=1"), { expected_type: "etag_validated" }]),
    test("swr-no-cache", "what is to be validated is, whatever the window", [soonStale("no-cache, stale-while-revalidate=3600"), { expected_type: "etag_validated" }]),
    test("swr-must-revalidate", "must-revalidate forbids stale answers", [soonStale("max-age=1, must-revalidate, stale-while-revalidate=3600"), { expected_type: "etag_validated" }]),
    test("sie-404", "404 is no error that a stale answer may stand in for",
      [soonStale("max-age=1, stale-if-error=3600"), { response_status: [404, "Not Found"], ...fetched() }]),
    test("sie-503", "503 is", [soonStale("max-age=1, stale-if-error=3600"), { response_status: [503, "Service Unavailable"], expected_status: 200, expected_type: "cached" }], optimal),
    test("must-revalidate-503", "not with must-revalidate",
      [soonStale("max-age=1, must-revalidate, stale-if-error=3600"), { response_status: [503, "Service Unavailable"], ...fetched() }]),
    test("only-if-cached", "nothing kept, and nothing else wanted", [{ ...asking(["Cache-Control", "only-if-cached"]), expected_status: 504, check_body: false, expected_response_headers_missing: ["Server-Request-Count"] }], optimal),
    test("only-if-cached-no-store", "also where nothing may be kept",
      [{ ...asking(["Cache-Control", "only-if-cached, no-store"]), expected_status: 504, check_body: false, expected_response_headers_missing: ["Server-Request-Count"] }], optimal),
    test("only-if-cached-condition", "also with a condition that a cache cannot judge",
      [{ ...asking(["Cache-Control", "only-if-cached"], ["If-Match", '"x"']), expected_status: 504, check_body: false, expected_response_headers_missing: ["Server-Request-Count"] }], optimal),
    test("only-if-cached-hit", "kept, and nothing else wanted", [kept(), cached(asking(["Cache-Control", "only-if-cached"]))], optimal),
    test("cache-status", "a cache says that it had an answer (RFC 9211)", [kept(), cached({ expected_response_headers: ["Cache-Status"] })], optimal),
    test("age", "and how old it is", [kept(), cached({ expected_response_headers: [["Age", ">", 1]] })]),
  ],
}; // biome-ignore format: one test each line or two

export const furtherSuites = [storing, freshness, vary, conditions, updates, serving];
