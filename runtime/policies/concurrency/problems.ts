import type { Problem } from "../../answers/problem.ts";

/** As many requests as may be are under way, and there is no room or no time to wait. */
export const crowded: Problem = {
  status: 503,
  slug: "concurrency-limit",
  title: "Too many requests are under way",
  headers: ["Retry-After", "1"],
  source: "concurrency",
};

/** The same, of one caller alone. */
export const tooManyAtOnce: Problem = {
  status: 429,
  slug: "too-many-concurrent-requests",
  title: "Too many requests of the caller are under way",
  headers: ["Retry-After", "1"],
  source: "concurrency",
};
