import type { RedisSourceConfig } from "../../../../../runtime/upstream/discovery/redis/redis-source.ts";
import type { DiscoverRedis } from "../../../../../schema/resources.gen.ts";
import { make } from "../../../../ir/config.ts";
import { parseDuration } from "../../../../text/formats.ts";
import type { Registry } from "./registry.ts";

/** Instances that register themselves in a store. */
export const redis: Registry<DiscoverRedis> = {
  text: ({ store = "default", service }) => `Redis store ${store}, service ${service}`,

  check() {},

  source({ store, service, prefix, interval }, context) {
    const found = context.store({ store, needs: ["registry"], below: "/discover/redis" });
    if (found === undefined) return undefined;
    return make<RedisSourceConfig>("upstream/discovery/redis/redis-source", "createRedisSource", {
      store: found.ref,
      storeName: found.name,
      prefix,
      service,
      interval: parseDuration(interval),
    });
  },
};
