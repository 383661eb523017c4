import type { MemoryPurgesConfig } from "../../../runtime/caching/purging/memory-purges.ts";
import type { StoredPurgesConfig } from "../../../runtime/caching/purging/stored-purges.ts";
import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { type ResourceIr, resourceRef } from "../../ir/resource.ts";
import { hasRole } from "../../ir/role.ts";
import type { StoreWish } from "../../ir/store-use.ts";
import type { PurgesUse, WarmingUse } from "../../policy/caching-use.ts";
import { create } from "../../resource/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { nothingToPurge, purgesAgeTooShort, purgesNeedStore } from "./messages.gen.ts";
import type { Stores } from "./stores.ts";
import { lowerWarming } from "./warming.ts";

type Caching = ResourceIr<"caching">;
type Purges = NonNullable<NonNullable<FilledGatewayFile["cache"]>["purges"]>;

/** Milliseconds. They are read twice a second: what is known of them is never much younger. */
const shortestAge = 1_000;

/** What `cache` says of all caches. */
export interface CheckedCaching {
  /** Undefined: nothing is ever purged. */
  readonly purges: PurgesUse | undefined;
  /** Undefined: no cache is warmed. */
  readonly warming: WarmingUse | undefined;
  readonly resources: readonly Caching[];
}

/** Checks and lowers `cache` of gateway.yaml. */
export function checkCaching(linked: LinkedGateway, stores: Stores, sink: DiagnosticSink): CheckedCaching {
  const { purges, warm } = linked.file.cache ?? {};
  const purging = purges === undefined ? [] : lowerPurges(purges, linked, stores, sink);
  const ref = resourceRef("caching", "purges");
  const warming =
    warm === undefined ? undefined : lowerWarming(warm, purging.length === 0 ? undefined : ref, linked, stores, sink);
  return {
    // What is wrong with them is said once.
    purges: purges === undefined ? undefined : { ref, isShared: purges.store !== undefined },
    warming: warming?.use,
    resources: [...purging, ...(warming?.resources ?? [])],
  };
}

/** For the IR; warns where no answer is ever kept. */
export function cachingInUse(
  { resources }: CheckedCaching,
  operations: readonly OperationIr[],
  { positions, file }: LinkedGateway,
  sink: DiagnosticSink,
): Pick<GatewayIr, "caching"> {
  if (resources.length === 0) return {};
  const isKept = operations.some(({ steps }) => steps.some((step) => hasRole(step, "keeps")));
  // What is wrong with a cache is left out of its operation.
  if (!isKept && !sink.hasErrors)
    for (const option of ["purges", "warm"] as const)
      if (file.cache?.[option] !== undefined) sink.report(nothingToPurge(positions.key(file.cache, option), { option }));
  return isKept ? { caching: resources } : {};
}

function lowerPurges(options: Purges, linked: LinkedGateway, stores: Stores, sink: DiagnosticSink): Caching[] {
  const { store, onStoreFailure, maxAge, max } = options;
  const { positions, file } = linked;
  const origin = positions.key(file.cache!, "purges");
  const at = (pointer: string): Origin => positions.pointer(options, pointer);
  if (store === undefined) {
    for (const [option, value] of Object.entries({ onStoreFailure, maxAge }))
      if (value !== undefined) sink.report(purgesNeedStore(at(`/${option}`), { option }));
    return [
      {
        ...resource(origin, `in memory, up to ${max} by name`),
        ...create<MemoryPurgesConfig>("caching/purging/memory-purges", "createMemoryPurges", { max }),
      },
    ];
  }
  if (maxAge !== undefined && onStoreFailure === "serve") sink.report(purgesNeedStore(at("/maxAge"), { option: "maxAge" }));
  const age = parseDuration(maxAge ?? "10s");
  if (age < shortestAge) sink.report(purgesAgeTooShort(at("/maxAge"), { duration: maxAge! }));
  const wish: StoreWish = {
    store,
    needs: ["records"],
    onFailure: { written: onStoreFailure, choices: ["serve", "ask"] },
  };
  const found = stores.use(wish, { policy: "cache.purges", origin, at, report: (diagnostic) => sink.report(diagnostic) });
  if (found === undefined) return [];
  const isServed = onStoreFailure === "serve";
  const failing = isServed ? "what is kept is served" : `after ${maxAge ?? "10s"} the service is asked`;
  const config = {
    store: found.ref,
    storeName: found.name,
    gateway: file.gateway,
    max,
    maxAge: isServed ? null : age,
  };
  return [
    {
      ...resource(origin, `store ${found.name}, up to ${max} by name; while it fails, ${failing}`),
      ...create<StoredPurgesConfig>("caching/purging/stored-purges", "createStoredPurges", config),
    },
  ];
}

const resource = (origin: Origin, summary: string): Omit<Caching, "factory" | "config"> => ({
  kind: "resource",
  room: "caching",
  type: "purges",
  name: "purges",
  summary,
  roles: ["living", "adminRoutes"],
  origin,
});
