import type { GatewayIr, ServiceIr } from "../ir/gateway.ts";
import type { ListenerIr } from "../ir/listener.ts";
import type { StepIr } from "../ir/step.ts";
import { type Objective, objectivesOf } from "./objectives/objective.ts";
import type { Matcher } from "./promql.ts";

/** What this gateway uses, as far as alerts and dashboards are made of it. */
export interface Facts {
  readonly name: string;
  /** `job="shop"`: the name of the gateway, as our scrape configurations call it. */
  readonly job: Matcher;
  readonly admin: ListenerIr | undefined;
  readonly objectives: readonly Objective[];
  readonly services: readonly string[];
  /** Services of whose endpoints something is known: checks or ejections. */
  readonly watched: readonly string[];
  readonly breakers: boolean;
  /** Zones of a service are compared; `isLeft`: requests leave one that is slower than another one further away. */
  readonly zones: { readonly isLeft: boolean } | undefined;
  readonly retries: boolean;
  readonly apis: readonly string[];
  /** Names of policies that some operation, or requests without one, have. */
  readonly policies: ReadonlySet<string>;
  /** Figures of the gateway's processes are among the metrics. */
  readonly process: boolean;
  /** It shows certificates of its own. */
  readonly certificates: boolean;
  /** Authorities vouch for certificates of clients. */
  readonly clientCertificates: boolean;
  /** Kinds of security schemes: `jwt`. */
  readonly schemes: ReadonlySet<string>;
  /** The set of revoked credentials comes from a store. */
  readonly revocations: boolean;
  readonly damping: boolean;
  /** Stores that can be out of reach. */
  readonly stores: readonly string[];
  /** Answers of a mirror are compared. */
  readonly comparesAnswers: boolean;
  /** Purges of kept answers are in a store. */
  readonly storedPurges: boolean;
  /** Answers are kept in a server that several instances share. */
  readonly sharedAnswers: boolean;
  /** Caches are warmed; `isListed`: with URLs in a file. */
  readonly warming: { readonly isListed: boolean } | undefined;
  /** A release is rolled out. */
  readonly rollOuts: boolean;
  /** Something is sent to collectors. */
  readonly exporters: boolean;
}

/** Undefined where the gateway counts nothing. */
export function factsOf(ir: GatewayIr): Facts | undefined {
  const steps = [...ir.operations.flatMap((operation) => operation.steps), ...ir.unmatched];
  const metrics = steps.find(({ policy }) => policy === "metrics");
  if (metrics === undefined) return undefined;
  const { public: open, admin } = ir.listeners;
  const notes = (service: ServiceIr, ...about: string[]): boolean =>
    service.states !== undefined && (service.notes ?? []).some((note) => about.includes(note.about));
  return {
    name: ir.name,
    job: ["job", "=", ir.name],
    admin,
    objectives: objectivesOf(ir),
    services: ir.services.map(({ name }) => name),
    watched: ir.services.filter((service) => notes(service, "checks", "ejection")).map(({ name }) => name),
    breakers: ir.services.some((service) => notes(service, "breaker")),
    zones: zonesOf(ir),
    retries: ir.services.some(({ retry }) => retry !== undefined),
    apis: [...new Set(ir.apis.map(({ api }) => api))].sort(),
    policies: new Set(steps.map(({ policy }) => policy)),
    process: optionOf(metrics, "process") === true,
    certificates: [open, admin].some((listener) => listener?.isSecure === true),
    clientCertificates: open.asksForCertificates === true && open.forwardedCertificates === undefined,
    schemes: new Set(ir.schemes.map(({ type }) => type)),
    revocations: ir.credentials?.some(({ factory }) => factory.module.endsWith("/store-revocations")) === true,
    comparesAnswers: steps.some((step) => step.copies?.comparesAnswers === true),
    storedPurges: ir.caching?.some(({ factory }) => factory.module.endsWith("/stored-purges")) === true,
    sharedAnswers: steps.some(({ policy, config }) => policy === "cache" && "departure" in (config as object)),
    warming: warmingOf(ir),
    rollOuts: (ir.experiments ?? []).length > 0,
    stores: ir.stores.filter(({ mayFail }) => mayFail).map(({ name }) => name),
    exporters: (ir.exporters ?? []).length > 0,
    damping: ir.credentials?.some(({ name }) => name === "damping") === true,
  };
}

function zonesOf({ services }: GatewayIr): Facts["zones"] {
  const compared = services.flatMap(({ zones }) => zones ?? []);
  // The config is the one of the zones.
  return compared.length === 0
    ? undefined
    : { isLeft: compared.some(({ config }) => typeof (config as { readonly slower?: unknown }).slower === "number") };
}

function warmingOf({ caching = [] }: GatewayIr): Facts["warming"] {
  const warm = caching.find(({ type }) => type === "warm");
  // The config is the one of the warmer.
  return warm === undefined ? undefined : { isListed: (warm.config as { readonly list?: unknown }).list !== null };
}

const optionOf = ({ options }: StepIr, name: string): unknown => options.find(({ pointer }) => pointer === `/${name}`)?.value;
