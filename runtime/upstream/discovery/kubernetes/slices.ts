import type { Listed } from "../member.ts";

/** An EndpointSlice as far as it is of use (discovery.k8s.io/v1). Nothing of it is trusted. */
export interface Slice {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly labels: { readonly [name: string]: unknown };
  };
  readonly addressType: string;
  readonly endpoints: readonly unknown[];
  readonly ports: readonly unknown[];
}

/** Which of what slices list is meant. */
export interface SliceChoice {
  /** Name of the port; absent: the only one. */
  readonly port?: string;
  /** `IPv4` or `IPv6`; absent: of a pod that has both, the IPv4 one. */
  readonly addressType?: string;
  /** Zone of this gateway, by which hints of topology aware routing go. */
  readonly zone?: string;
}

type Entry = { readonly [name: string]: unknown };

const entryOf = (value: unknown): Entry =>
  // An object, whose members are looked at one by one.
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Entry) : {};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Throws where it is none. */
export function sliceOf(value: unknown): Slice {
  const { metadata, addressType, endpoints, ports } = entryOf(value);
  const { name, resourceVersion, labels } = entryOf(metadata);
  if (typeof name !== "string" || name === "" || typeof resourceVersion !== "string" || resourceVersion === "")
    throw new Error("what the API server lists is no EndpointSlice: it has no `metadata.name` and `metadata.resourceVersion`");
  return {
    metadata: { name, resourceVersion, labels: entryOf(labels) },
    addressType: textOf(addressType),
    endpoints: listOf(endpoints),
    ports: listOf(ports),
  };
}

/** One address of one pod, as one slice has it. */
interface Found {
  readonly listed: Listed;
  readonly addressType: string;
  readonly pod: string;
  readonly isReady: boolean;
  /** It is about to end, and still answers. */
  readonly stillServes: boolean;
  readonly zone: string;
  /** Zones whose clients it is for. */
  readonly hints: readonly string[];
}

/**
 * The endpoints of all slices of a service: those that are ready, or where none is, those that are ending and still serve
 * (KEP-1669). An endpoint may stand in several slices while the control plane moves it, and counts once. Throws where the port
 * is not to be found.
 */
export function listedInSlices(slices: Iterable<Slice>, choice: SliceChoice): Listed[] {
  const found = new Map<string, Found>();
  const ports = new Set<string>();
  let hasPort = false;
  let isListed = false;
  for (const slice of slices) {
    if (choice.addressType !== undefined && slice.addressType !== choice.addressType) continue;
    if (slice.endpoints.length > 0) isListed = true;
    const port = portOf(slice, choice.port, ports);
    if (port === undefined) continue;
    hasPort = true;
    for (const value of slice.endpoints) add(found, slice, value, port);
  }
  if (isListed && !hasPort) throw new Error(noPort(choice.port, ports));
  const all = [...found.values()];
  const ready = all.filter(({ isReady }) => isReady);
  const usable = ready.length > 0 ? ready : all.filter(({ stillServes }) => stillServes);
  return placed(oneEach(usable, choice), choice.zone);
}

function noPort(port: string | undefined, found: ReadonlySet<string>): string {
  const names = [...found].map((name) => `\`${name}\``).join(", ");
  return port === undefined
    ? `the service has several ports (${names}): name one of them with \`port\``
    : `the service has no TCP port \`${port}\`; it has ${names === "" ? "none" : names}`;
}

/** `:8080`, or nothing where the slice says that its endpoints have any port; undefined where it has not the one that is meant. */
function portOf({ ports }: Slice, wanted: string | undefined, names: Set<string>): string | undefined {
  if (ports.length === 0) return "";
  const all = ports.map(entryOf).filter(({ protocol = "TCP" }) => protocol === "TCP" || protocol === null);
  for (const { name } of all) names.add(textOf(name));
  const chosen = wanted === undefined ? (all.length === 1 ? all[0] : undefined) : all.find(({ name }) => textOf(name) === wanted);
  if (chosen === undefined) return undefined;
  return typeof chosen.port === "number" ? `:${chosen.port}` : "";
}

function add(found: Map<string, Found>, { metadata, addressType }: Slice, value: unknown, port: string): void {
  const { addresses, conditions, targetRef, zone, nodeName, hints } = entryOf(value);
  // All of them are the same endpoint, and the first is to be used (EndpointSlice, `addresses`).
  const host = listOf(addresses)[0];
  if (typeof host !== "string") return;
  const { ready, serving, terminating } = entryOf(conditions);
  // Absent means ready, and `serving` as `ready` says.
  const isReady = ready !== false;
  const { uid, name } = entryOf(targetRef);
  const address = `${addressType === "IPv6" ? `[${host}]` : host}${port}`;
  const before = found.get(address);
  // While it moves between slices, the one that is about to go may be behind.
  if (before !== undefined && (before.isReady || !isReady)) return;
  const pod = textOf(uid);
  const { "kubernetes.io/service-name": service, ...labels } = metadata.labels;
  found.set(address, {
    listed: {
      address,
      ...(pod === "" ? {} : { id: pod }),
      metadata: { ...labels, service, node: nodeName ?? undefined, pod: name },
    },
    addressType,
    pod,
    isReady,
    stillServes: (serving ?? isReady) === true && terminating === true,
    zone: textOf(zone),
    hints: listOf(entryOf(hints).forZones).flatMap((one) => {
      const hint = entryOf(one).name;
      return typeof hint === "string" ? [hint] : [];
    }),
  });
}

/** A pod with addresses of both families is one endpoint. */
function oneEach(found: readonly Found[], { addressType }: SliceChoice): readonly Found[] {
  if (addressType !== undefined || !found.some((one) => one.addressType === "IPv6")) return found;
  const pods = new Set(found.filter((one) => one.addressType === "IPv4" && one.pod !== "").map(({ pod }) => pod));
  return found.filter((one) => one.addressType !== "IPv6" || !pods.has(one.pod));
}

/**
 * With the zone that counts for this gateway. Hints say for the clients of which zones an endpoint is; as kube-proxy does, they
 * are followed where every endpoint has them and one of them is for the zone of this gateway.
 */
function placed(found: readonly Found[], own: string | undefined): Listed[] {
  const isHinted =
    own !== undefined && found.every(({ hints }) => hints.length > 0) && found.some(({ hints }) => hints.includes(own));
  return found.map(({ listed, zone, hints }) => {
    const counted = !isHinted ? zone : hints.includes(own) ? own : (hints[0] ?? "");
    return counted === "" ? listed : { ...listed, zone: counted };
  });
}
