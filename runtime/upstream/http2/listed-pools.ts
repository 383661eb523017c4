import type { CarrierPoolFactory } from "../carrier.ts";
import type { HttpVersion } from "../connector.ts";

export interface ListedPoolsConfig {
  /** One for each version that an endpoint may speak. */
  readonly pools: readonly { readonly protocol: HttpVersion; readonly create: CarrierPoolFactory }[];
}

/** For services of which each endpoint speaks the version of HTTP that its registry names, or the one that the configuration does. */
export const createListedPools =
  ({ pools }: ListedPoolsConfig): CarrierPoolFactory =>
  (connector, limits, place) =>
    pools.find(({ protocol }) => protocol === place?.protocol)!.create(connector, limits);
