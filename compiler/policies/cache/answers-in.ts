import type { NearSpacesConfig, SharedSpacesConfig } from "../../../runtime/policies/cache/config.ts";
import type { CacheOptions } from "../../../schema/policies.gen.ts";
import { type MakeIr, make } from "../../ir/config.ts";
import type { StoreUse } from "../../ir/store-use.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parseSize } from "../../text/formats.ts";
import { sizeText } from "../../text/size-text.ts";
import { bodyOverStore, memoryInMemory } from "./messages.gen.ts";

/** What is written for a store in which it does not fit keeps less than its author thinks. */
function checkBody({ name, largestAnswer }: StoreUse, { maxBody }: CacheOptions, context: PolicyContext): void {
  const isWritten = context.writtenIn("/maxBody") !== undefined;
  if (largestAnswer !== undefined && isWritten && parseSize(maxBody) > largestAnswer)
    context.report(
      bodyOverStore(context.at("/maxBody"), { size: maxBody, store: name, most: sizeText(largestAnswer) }, { alike: name }),
    );
}

/** How the answers in a store are opened; undefined where the options do not fit it, which is reported. */
export function answersIn(store: StoreUse, options: CacheOptions, context: PolicyContext): MakeIr | undefined {
  checkBody(store, options, context);
  const { memory } = options;
  if (store.type === "memory") {
    if (memory === undefined) return make("caching/memory-space", "createMemorySpaces");
    context.report(memoryInMemory(context.at("/memory"), { store: store.name }, { alike: store.name }));
    return undefined;
  }
  const entries =
    store.type === "redis"
      ? make("stores/redis/redis-entries", "createRedisEntries")
      : make("stores/memcached/memcached-entries", "createMemcachedEntries");
  if (memory === undefined) return make<SharedSpacesConfig>("caching/shared/shared-space", "createSharedSpaces", { entries });
  const front = context.store({ store: memory.store, needs: ["memory"], below: "/memory" });
  if (front === undefined) return undefined;
  const checkAfter = parseDuration(memory.checkAfter);
  const config = { entries, memory: front.ref, checkAfter };
  return make<NearSpacesConfig>("caching/shared/near-space", "createNearSpaces", config);
}
