import type { ConsistentHashConfig } from "../../../../runtime/upstream/balance/consistent-hash.ts";
import type { LevelsConfig } from "../../../../runtime/upstream/balance/levels.ts";
import type { SlowStartConfig } from "../../../../runtime/upstream/balance/slow-start.ts";
import type { StickyConfig } from "../../../../runtime/upstream/balance/sticky.ts";
import type { ZoneLevelsConfig } from "../../../../runtime/upstream/balance/zones/zone-levels.ts";
import type { Service } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make } from "../../../ir/config.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { parseDuration } from "../../../text/formats.ts";
import { zonesRef } from "./failover.ts";
import { hashOptionUnused, hashWithoutKey, onlyEndpoint, zoneUnused } from "./messages.gen.ts";
import { placesOf, whereOf } from "./places.ts";

/** Where the factory of each algorithm lives, and whether it has to know what becomes of requests. */
const balancers: Readonly<
  Record<Service["loadBalancer"]["algorithm"], { readonly module: string; readonly name: string; readonly goesByLoad: boolean }>
> = {
  roundRobin: { module: "upstream/balance/round-robin", name: "createRoundRobin", goesByLoad: false },
  random: { module: "upstream/balance/two-choices", name: "createRandom", goesByLoad: false },
  leastRequests: { module: "upstream/balance/two-choices", name: "createLeastRequests", goesByLoad: true },
  powerOfTwo: { module: "upstream/balance/two-choices", name: "createPowerOfTwo", goesByLoad: true },
  consistentHash: { module: "upstream/balance/consistent-hash", name: "createConsistentHash", goesByLoad: true },
};

export function checkLoadBalancer({ endpoints, discover, loadBalancer, sticky }: Service, context: ServiceContext): void {
  const { algorithm, key } = loadBalancer;
  if (algorithm === "consistentHash" && key === undefined) context.report(hashWithoutKey(context.at("/loadBalancer/algorithm")));
  for (const option of ["key", "balance"])
    if (algorithm !== "consistentHash" && context.isWritten(`/loadBalancer/${option}`))
      context.report(hashOptionUnused(context.key(`/loadBalancer/${option}`), { option, algorithm }));
  const places = placesOf({ endpoints });
  const hasZones = places.some((place) => place.zone !== undefined);
  const unused =
    hasZones || discover !== undefined ? undefined : zoneOptions.find((option) => loadBalancer[option] !== undefined);
  if (unused !== undefined)
    context.report(zoneUnused(context.key(`/loadBalancer/${unused}`), { name: context.name, option: unused }));
  const alone =
    sticky !== undefined
      ? "/sticky"
      : (["slowStart", "failover"] as const)
          .map((option) => (loadBalancer[option] === undefined ? undefined : `/loadBalancer/${option}`))
          .find((pointer) => pointer !== undefined);
  if (endpoints.length === 1 && alone !== undefined)
    context.report(onlyEndpoint(context.key(alone), { option: alone.slice(alone.lastIndexOf("/") + 1), name: context.name }));
}

const zoneOptions = ["zone", "region", "failover"] as const;

export const goesByLoad = ({ loadBalancer }: Service): boolean => balancers[loadBalancer.algorithm].goesByLoad;

/** Undefined where its key is wrong, which was reported. */
export function balancerOf(options: Service, context: ServiceContext): MakeIr | undefined {
  const { endpoints, discover, loadBalancer } = options;
  if (discover === undefined && endpoints.length < 2) return make("upstream/balance/only-one", "createOnlyOne");
  const { zone, region, slowStart, failover } = loadBalancer;
  let balancer = algorithmOf(loadBalancer, context);
  if (balancer === undefined) return undefined;
  const places = placesOf(options);
  if (failover !== undefined)
    balancer = make<ZoneLevelsConfig>("upstream/balance/zones/zone-levels", "createZoneLevels", {
      loadBalancer: balancer,
      zones: zonesRef(context),
    });
  // Which places there are, its registry says.
  else if (discover !== undefined || places.some(({ priority }) => priority !== 0) || zone !== undefined || region !== undefined)
    balancer = make<LevelsConfig>("upstream/balance/levels", "createLevels", {
      loadBalancer: balancer,
      ...whereOf(options, context),
    });
  if (slowStart === undefined) return balancer;
  return make<SlowStartConfig>("upstream/balance/slow-start", "createSlowStart", {
    loadBalancer: balancer,
    slowStart: parseDuration(slowStart),
  });
}

function algorithmOf({ algorithm, key, balance }: Service["loadBalancer"], context: ServiceContext): MakeIr | undefined {
  const { module, name } = balancers[algorithm];
  if (algorithm !== "consistentHash") return make(module, name);
  const text = context.expression(key!, "/loadBalancer/key", "string");
  return text === undefined ? undefined : make<ConsistentHashConfig>(module, name, { key: text, balance });
}

export function stickyOf({ sticky }: Service, context: ServiceContext): MakeIr | undefined {
  if (sticky === undefined) return undefined;
  const { cookie, key, maxAge, path, sameSite } = sticky;
  return make<StickyConfig>("upstream/balance/sticky", "createSticky", {
    cookie,
    key: context.secret(key, "/sticky/key"),
    maxAge: maxAge === undefined ? undefined : Math.floor(parseDuration(maxAge) / 1000),
    path,
    sameSite,
  });
}
