import type { LevelsConfig } from "../../../../runtime/upstream/balance/levels.ts";
import type { Service } from "../../../../schema/resources.gen.ts";
import type { Lowered } from "../../../ir/config.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { startValue } from "../../../text/setting.ts";

/** Where the endpoints are, and where the gateway is. */
export function whereOf(options: Service, context: ServiceContext): Lowered<Pick<LevelsConfig, "places" | "zone" | "region">> {
  const { zone, region } = options.loadBalancer;
  return {
    places: options.discover === undefined ? placesOf(options) : undefined,
    zone: zone === undefined ? undefined : startValue(zone, context.at("/loadBalancer/zone")),
    region: region?.map((near, index) => startValue(near, context.at(`/loadBalancer/region/${index}`))),
  };
}

export const placesOf = ({ endpoints }: Pick<Service, "endpoints">): NonNullable<LevelsConfig["places"]> =>
  endpoints.map((endpoint) => {
    const { priority = 0, zone } = typeof endpoint === "string" ? {} : endpoint;
    return { priority, ...(zone === undefined ? {} : { zone }) };
  });
