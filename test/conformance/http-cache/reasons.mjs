const ages =
  "RFC 9111 §5.1: of a list the first member counts, and what is no number is ignored. This version asks for the opposite; later ones ask for what the RFC says.";
const closed =
  "The test asks for an answer of the service, which has closed the connection: it gets 502, and nothing stale. Later states of the suite ask for that.";
const updated = "RFC 9111 §3.2: the fields of a 304 replace what is kept. Later states of the suite only note it.";
const cookies = "An answer that sets a cookie is for one client, and is never kept.";
const parts = "Parts of a representation (206) are not kept; they are served out of whole answers.";
const languages = "Only fields that the key can be reduced to are compared by meaning; languages are compared as text.";
const surrogate = "No RFC: `Surrogate-Control` was replaced by RFC 9213.";

const all = (reason, ...ids) => Object.fromEntries(ids.map((id) => [id, reason]));

/** By the id of a test; of all that begin so, where it ends in `*`. */
const reasons = {
  "stale-close-*": closed,
  "304-etag-update-response-*": updated,
  "partial-store-partial-*": parts,
  "vary-normalise-lang-*": languages,
  "surrogate-*": surrogate,
  ...all(ages, "age-parse-nonnumeric", "age-parse-negative", "age-parse-float", "age-parse-parameter"),
  ...all(ages, "age-parse-numeric-parameter", "age-parse-dup-0", "age-parse-dup-0-twoline", "age-parse-dup-old"),
  ...all(cookies, "headers-store-Set-Cookie", "other-set-cookie", "304-etag-update-response-Set-Cookie"),
  "headers-store-Transfer-Encoding":
    "The service names a transfer coding that is not known (RFC 9112 §6.1): its answer cannot be read, and is refused with 502.",
  "method-POST": "Answers to POST are not kept: the next POST may do something else.",
  "heuristic-414-cached":
    "The length of a URI can be another way to a service for another client: its 414 is not kept by a guess.",
  "status-400-fresh":
    "A client that can make a service say 400, by a field that is not in the key, would have it said to all (CPDoS).",
  "status-400-stale": "The same.",
  "conditional-lm-fresh-no-lm": "Without `Last-Modified` nothing is compared with `If-Modified-Since` but what the service sent.",
};

/** Why Gatewright does not pass a test of the suite; empty: that is not known. */
export function reasonFor(id) {
  if (reasons[id] !== undefined) return reasons[id];
  const prefix = Object.keys(reasons).find((key) => key.endsWith("*") && id.startsWith(key.slice(0, -1)));
  return prefix === undefined ? "" : reasons[prefix];
}
