import type { Zones, ZonesConfig } from "../../../../runtime/upstream/balance/zones/zones.ts";
import type { Service } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make } from "../../../ir/config.ts";
import { type ResourceIr, type ResourceRefIr, resourceRef } from "../../../ir/resource.ts";
import { create, type ServiceContext } from "../../../resource/contract.ts";
import { parsePercentage } from "../../../text/formats.ts";
import { failoverIdle, probeOutOfRange, slowerAlone } from "./messages.gen.ts";
import { whereOf } from "./places.ts";

/** Least and most requests that may measure zones: below, nothing is ever known of them; above, that is no measuring. */
const [least, most] = [0.0001, 0.2];

export function checkFailover({ loadBalancer }: Service, context: ServiceContext): void {
  const { failover, zone, region } = loadBalancer;
  if (failover === undefined) return;
  const { by, slower, probe } = failover;
  const { name } = context;
  if (by === "order" && slower === undefined) context.report(failoverIdle(context.key("/loadBalancer/failover"), { name }));
  if (slower !== undefined && zone === undefined && region === undefined)
    context.report(slowerAlone(context.key("/loadBalancer/failover/slower"), { name }));
  const share = parsePercentage(probe);
  if (share < least || share > most) context.report(probeOutOfRange(context.at("/loadBalancer/failover/probe"), { probe }));
}

export const zonesRef = ({ name }: ServiceContext): ResourceRefIr<"zones"> => resourceRef("zones", name);

/** What hears how long answers of each zone take. */
export const watchedZonesOf = (context: ServiceContext): MakeIr =>
  make<{ readonly zones: Zones }>("upstream/balance/zones/zones", "watchedZones", { zones: zonesRef(context) });

/** What is known of the zones of the service. Undefined where they are not compared. */
export function zonesOf(options: Service, context: ServiceContext): ResourceIr<"zones"> | undefined {
  const { failover } = options.loadBalancer;
  if (failover === undefined) return undefined;
  const { by, slower, probe } = failover;
  const { name, origin } = context;
  return {
    kind: "resource",
    room: "zones",
    type: "service",
    name,
    ...create<ZonesConfig>("upstream/balance/zones/zones", "createZones", {
      service: name,
      ...whereOf(options, context),
      byLatency: by === "latency",
      slower,
      probe: parsePercentage(probe),
    }),
    roles: ["living"],
    summary: "how long answers of each zone take",
    origin,
  };
}
