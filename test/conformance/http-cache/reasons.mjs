const ages =
  "RFC 9111 §5.1: what is no number is ignored, and of a list the first member counts. Later states of the suite ask for that.";
const closed =
  "The test asks for an answer of the service, which has closed the connection: it gets 502, and nothing stale. Later states of the suite ask for that.";
const updated = "RFC 9111 §3.2: the fields of a 304 replace what is kept. Later states of the suite only note it.";
const cookie =
  "The suite has the 304 set a cookie, and a `Content-Length` that is not that of the body; the service then closes the connection.";
const parts = "Parts of a representation (206) are not kept; they are served out of whole answers.";
const languages = "Languages are compared as text, not by what the service would choose of them.";
const surrogate = "No RFC: `Surrogate-Control` was replaced by RFC 9213.";

const all = (reason, ...ids) => Object.fromEntries(ids.map((id) => [id, reason]));

/** By the id of a test; of all that begin so, where it ends in `*`. */
const reasons = {
  "partial-store-partial-*": parts,
  "vary-normalise-lang-*": languages,
  "headers-store-Transfer-Encoding":
    "The service names a transfer coding that is not known (RFC 9112 §6.1): its answer cannot be read, and is refused with 502.",
  "method-POST": "Answers to POST are not kept: the next POST may do something else.",
  "conditional-lm-fresh-no-lm":
    "`If-Modified-Since` is compared with the `Last-Modified` of the service, and with nothing where it has none.",
};

/** What was changed in later states of the suite. */
const reasonsOfPinned = {
  ...all(ages, "age-parse-nonnumeric", "age-parse-negative", "age-parse-float", "age-parse-parameter"),
  ...all(ages, "age-parse-numeric-parameter", "age-parse-dup-0", "age-parse-dup-0-twoline", "age-parse-dup-old"),
  ...all(cookie, "304-etag-update-response-Set-Cookie"),
  "stale-close-*": closed,
  "304-etag-update-response-*": updated,
  "surrogate-*": surrogate,
};

/** Why Gatewright does not pass a test of the suite; empty: that is not known. `isPinned`: the version in `suite.mjs`. */
export function reasonFor(id, isPinned) {
  const known = isPinned ? { ...reasonsOfPinned, ...reasons } : reasons;
  if (known[id] !== undefined) return known[id];
  const prefix = Object.keys(known).find((key) => key.endsWith("*") && id.startsWith(key.slice(0, -1)));
  return prefix === undefined ? "" : known[prefix];
}
