/** Failures of the transport in words of which there are few (`error.type`). */
const words: Readonly<Record<string, string>> = {
  timeout: "timeout",
  connectTimeout: "connect_timeout",
  poolFull: "too_many_requests_wait",
  invalidAnswer: "invalid_answer",
  refusedStream: "refused_stream",
  ECONNREFUSED: "connection_refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ENOTFOUND: "unknown_host",
  EAI_AGAIN: "unknown_host",
  ETIMEDOUT: "connect_timeout",
  // Of requests of the gateway's own (`FailureKind`).
  name: "unknown_host",
  headTimeout: "timeout",
  wholeTimeout: "timeout",
  broken: "reset",
  tls: "tls",
  protocol: "invalid_answer",
  tooLarge: "invalid_answer",
};

/** `code` is that of a `FailureCode`, of which there is no list. */
export const errorType = (code: string): string =>
  Object.hasOwn(words, code) ? words[code]! : /^ERR_TLS|CERT|SSL/.test(code) ? "tls" : "connection_failed";
