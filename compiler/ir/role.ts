/**
 * What an instance is to the gateway beside the hooks of its chain. Each is an interface of the run-time library, which the
 * factory's result has; `5-emit/roles.ts` says how it is handed over.
 *
 * - `living`: it has a life of its own (`Living`).
 * - `metrics`: it counts what the gateway tells of itself (`MetricsPart`; that of the policy `metrics` is the `MetricsSource`).
 * - `refusals`: it is told of requests that could not be read (`RefusalLog`); one without a condition, for requests without
 *   an operation.
 * - `adminRoutes`: it has an `adminRoutes` list of what the admin listener answers (`AdminRoute`).
 * - `upgrades`: it says whether a request may go on with another protocol (`UpgradeGrants`), and the forwarder asks it.
 * - `keeps`: it keeps answers of the service (`AnswerCache`), and the forwarder asks it first.
 * - `packs`: it puts answers that are kept into content codings (`AnswerPacker`), and the forwarder asks it, where no other step
 *   stands between.
 */
export const roles = ["living", "metrics", "refusals", "adminRoutes", "upgrades", "keeps", "packs"] as const;
export type Role = (typeof roles)[number];

export const hasRole = ({ roles: own }: { readonly roles?: readonly Role[] }, role: Role): boolean =>
  own?.includes(role) === true;
