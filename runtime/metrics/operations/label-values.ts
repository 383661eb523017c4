/** How an exchange can fail, as the `kind` label of `gatewright_request_errors_total`; the order is the index. */
export const errorKinds = [
  "client_gone",
  "upstream_refused",
  "upstream_reset",
  "upstream_timeout",
  "upstream_unresolved",
  "upstream_broken",
  "upstream_other",
] as const;

/** Bounded labels for methods, which clients choose freely on routes for every method. */
export const methodLabels = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY", "other"] as const;
/** The index of the last one. */
export const otherMethod = 9;
/** No status: that of those beyond the ones that an operation counts apart. */
export const otherStatus = 999;
