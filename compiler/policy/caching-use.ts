import type { ResourceRefIr } from "../ir/resource.ts";

/** `cache.purges` in gateway.yaml. */
export interface PurgesUse {
  readonly ref: ResourceRefIr<"caching">;
  /** All instances have them. */
  readonly isShared: boolean;
}

/** `cache.warm` in gateway.yaml. */
export interface WarmingUse {
  /** Hears of what changes. */
  readonly changes: ResourceRefIr<"caching">;
  /** Counts what is asked for; undefined: nobody wants to know. */
  readonly mostAsked: ResourceRefIr<"caching"> | undefined;
}
