import type { DampingConfig } from "../../../runtime/identity/damping/damping.ts";
import type { FileRevocationsConfig } from "../../../runtime/identity/revocation/file-revocations.ts";
import type { StoreRevocationsConfig } from "../../../runtime/identity/revocation/store-revocations.ts";
import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { verifiedSchemes } from "../../ir/access.ts";
import { type ConfigIr, make } from "../../ir/config.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import { formatOrigin, type Origin } from "../../ir/origin.ts";
import type { ResourceIr } from "../../ir/resource.ts";
import type { StoreUse, StoreWish } from "../../ir/store-use.ts";
import { create } from "../../resource/contract.ts";
import { parseDuration, parseRate } from "../../text/formats.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { nobodyToRevoke, revocationsInOnePlace, revocationsNeedStore } from "./messages.gen.ts";
import type { Stores } from "./stores.ts";

type Credentials = ResourceIr<"credentials">;
type Identity = NonNullable<FilledGatewayFile["identity"]>;

/** What `identity` says of all credentials, and whether it does. */
export interface CheckedCredentials {
  readonly revoked: boolean;
  readonly damping: boolean;
  readonly resources: readonly Credentials[];
}

/** Checks and lowers `identity.revoked` and `identity.damping`. */
export function checkCredentials(linked: LinkedGateway, stores: Stores, sink: DiagnosticSink): CheckedCredentials {
  const { revoked, damping } = linked.file.identity ?? {};
  const resources = [
    ...(revoked === undefined ? [] : lowerRevoked(revoked, linked, stores, sink)),
    ...(damping === undefined ? [] : lowerDamping(damping, linked, stores, sink)),
  ];
  const has = (name: string): boolean => resources.some((one) => one.name === name);
  return { revoked: has("revoked"), damping: has("damping"), resources };
}

/** For the IR; warns where there is nobody whose credentials the gateway judges. */
export function credentialsInUse(
  { resources }: CheckedCredentials,
  operations: readonly OperationIr[],
  { positions, file }: LinkedGateway,
  sink: DiagnosticSink,
): Pick<GatewayIr, "credentials"> {
  if (resources.length === 0) return {};
  const isJudged = operations.some(({ access }) => verifiedSchemes(access).length > 0);
  if (!isJudged)
    for (const { name } of resources) sink.report(nobodyToRevoke(positions.key(file.identity!, name), { option: name }));
  return isJudged ? { credentials: resources } : {};
}

function lowerRevoked(
  options: NonNullable<Identity["revoked"]>,
  linked: LinkedGateway,
  stores: Stores,
  sink: DiagnosticSink,
): Credentials[] {
  const { store, file, onStoreFailure, maxAge, max } = options;
  const { origin, at } = placesOf("revoked", options, linked);
  if ((store === undefined) === (file === undefined)) {
    sink.report(revocationsInOnePlace(origin, { found: store === undefined ? "none of them is" : "both are" }));
    return [];
  }
  if (file !== undefined) {
    for (const [option, value] of Object.entries({ onStoreFailure, maxAge }))
      if (value !== undefined) sink.report(revocationsNeedStore(at(`/${option}`), { option }));
    const config = { file, at: formatOrigin(origin), max };
    return [
      resource("revoked", origin, `file ${file}, up to ${max} entries`, ["living"], {
        ...create<FileRevocationsConfig>("identity/revocation/file-revocations", "createFileRevocations", config),
      }),
    ];
  }
  if (maxAge !== undefined && onStoreFailure === "keep") sink.report(revocationsNeedStore(at("/maxAge"), { option: "maxAge" }));
  const wish: StoreWish = {
    store,
    needs: ["records"],
    onFailure: { written: onStoreFailure, choices: ["refuse", "keep"] },
  };
  const found = useStore(wish, "revoked", options, linked, stores, sink);
  if (found === undefined) return [];
  const failing =
    onStoreFailure === "keep"
      ? "what was known last counts"
      : `what was known last counts for ${maxAge ?? "1m"}, then nobody is let in`;
  const config = {
    store: found.ref,
    storeName: found.name,
    gateway: linked.file.gateway,
    max,
    maxAge: onStoreFailure === "keep" ? null : parseDuration(maxAge ?? "1m"),
  };
  return [
    resource(
      "revoked",
      origin,
      `store ${found.name}, up to ${max} entries; while it fails, ${failing}`,
      ["living", "adminRoutes"],
      {
        ...create<StoreRevocationsConfig>("identity/revocation/store-revocations", "createStoreRevocations", config),
      },
    ),
  ];
}

function lowerDamping(
  options: NonNullable<Identity["damping"]>,
  linked: LinkedGateway,
  stores: Stores,
  sink: DiagnosticSink,
): Credentials[] {
  const { failures, delay, maxDelayed, maxAddresses } = options;
  const { origin } = placesOf("damping", options, linked);
  const store = useStore({ store: options.store, needs: ["counters"] }, "damping", options, linked, stores, sink);
  if (store === undefined) return [];
  const { limit, windowMs: window } = parseRate(failures);
  const bucket: ConfigIr = { limit, window, burst: limit };
  const config = {
    store: store.ref,
    law: make("limits/token-bucket", "createTokenBucket", bucket),
    ...(store.type === "memory" ? {} : { script: make("stores/redis/scripts/token-bucket", "createTokenBucketScript", bucket) }),
    delay: parseDuration(delay),
    maxDelayed,
    maxAddresses,
  };
  return [
    resource("damping", origin, `${failures} wrong credentials, then ${delay} each`, ["living"], {
      ...create<DampingConfig>("identity/damping/damping", "createDamping", config),
    }),
  ];
}

const resource = (
  name: "revoked" | "damping",
  origin: Origin,
  summary: string,
  roles: NonNullable<Credentials["roles"]>,
  made: Pick<Credentials, "factory" | "config">,
): Credentials => ({ kind: "resource", room: "credentials", type: name, name, summary, roles, origin, ...made });

function placesOf(name: "revoked" | "damping", options: object, { positions, file }: LinkedGateway) {
  return { origin: positions.key(file.identity!, name), at: (pointer: string): Origin => positions.pointer(options, pointer) };
}

function useStore(
  wish: StoreWish,
  name: "revoked" | "damping",
  options: object,
  linked: LinkedGateway,
  stores: Stores,
  sink: DiagnosticSink,
): StoreUse | undefined {
  const { origin, at } = placesOf(name, options, linked);
  return stores.use(wish, { policy: `identity.${name}`, origin, at, report: (diagnostic) => sink.report(diagnostic) });
}
