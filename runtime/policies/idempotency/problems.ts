import type { Problem } from "../../answers/problem.ts";

export const source = "idempotency";

/** §2.7 of draft-ietf-httpapi-idempotency-key-header-07 names the statuses. */
export const keyMissing: Problem = {
  status: 400,
  slug: "idempotency-key-missing",
  title: "The request needs an Idempotency-Key",
  detail: "Send a new random key with each new request, and the same key where you send a request again.",
  source,
};

export const badKey: Problem = {
  status: 400,
  slug: "bad-idempotency-key",
  title: "The Idempotency-Key cannot be used",
  detail: "Send one field with one key of at most 255 visible ASCII characters, in double quotes or without.",
  source,
};

export const weakKey: Problem = {
  status: 400,
  slug: "bad-idempotency-key",
  title: "The Idempotency-Key cannot be used",
  detail: "Without credentials, the key has to be a random UUID (version 4 or 7).",
  source,
};

export const inProgress: Problem = {
  status: 409,
  slug: "request-in-progress",
  title: "A request with this Idempotency-Key is being processed",
  detail: "Send the same request again later to get its answer.",
  headers: ["Retry-After", "1"],
  source,
};

export const otherRequest: Problem = {
  status: 422,
  slug: "idempotency-key-reused",
  title: "The Idempotency-Key was used for another request",
  detail: "Method, target, body and caller must be those of the first request with this key. Send a new key with a new request.",
  source,
};

export const resultUnknown: Problem = {
  status: 409,
  slug: "result-unknown",
  title: "It is not known what came of the first request with this Idempotency-Key",
  detail: "It may have been carried out. Look whether it was before you send it with a new key.",
  source,
};

export const answerNotKept: Problem = {
  status: 409,
  slug: "answer-not-kept",
  title: "The request with this Idempotency-Key was answered, and its answer was not kept",
  detail: "It was too large to be kept, or a stream. The request is not carried out again.",
  source,
};

export const unavailable: Problem = {
  status: 503,
  slug: "idempotency-unavailable",
  title: "The gateway cannot tell at the moment whether the request was sent before",
  detail: "The request was not carried out. Send it again with the same key.",
  headers: ["Retry-After", "1"],
  source,
};
