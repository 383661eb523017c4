import type { Listed } from "../member.ts";

/** An EndpointSlice as far as it is of use (discovery.k8s.io/v1). */
export interface Slice {
  readonly name: string;
  readonly resourceVersion: string;
  /** It lists endpoints, of which those with the port that is meant are `found`. */
  readonly hasEndpoints: boolean;
  /** Of TCP, with the one that is meant among them or not. */
  readonly ports: readonly string[];
  readonly hasPort: boolean;
  readonly found: readonly Found[];
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

/** Throws where it is none. Nothing of it is trusted. What is read of it is read once, as slices stay while others change. */
export function sliceOf(value: unknown, choice: SliceChoice): Slice {
  const { metadata, addressType: type, endpoints, ports } = entryOf(value);
  const { name, resourceVersion, labels } = entryOf(metadata);
  if (typeof name !== "string" || name === "" || typeof resourceVersion !== "string" || resourceVersion === "")
    throw new Error("what the API server lists is no EndpointSlice: it has no `metadata.name` and `metadata.resourceVersion`");
  const addressType = textOf(type);
  const isMeant = choice.addressType === undefined || addressType === choice.addressType;
  const [listed, tcp] = isMeant ? [listOf(endpoints), tcpPorts(listOf(ports))] : [[], []];
  const chosen = isMeant ? portOf(listOf(ports).length, tcp, choice.port) : undefined;
  const entries = chosen === undefined ? [] : listed;
  const { port = "", protocol = "" } = chosen ?? {};
  const common = { addressType, port, protocol, labels: entryOf(labels) };
  return {
    name,
    resourceVersion,
    hasEndpoints: listed.length > 0,
    ports: tcp.map((one) => textOf(one.name)),
    hasPort: chosen !== undefined,
    found: entries.flatMap((one) => foundIn(one, common) ?? []),
  };
}

/** One address of one pod, as one slice has it. */
interface Found {
  readonly listed: Listed & { readonly address: string };
  readonly addressType: string;
  readonly pod: string;
  readonly isReady: boolean;
  /** It is about to end, and still answers. */
  readonly stillServes: boolean;
  readonly zone: string;
  /** Zones whose clients it is for. */
  readonly hints: readonly string[];
}

/** Endpoints that are looked at in one step. */
const unitsPerStep = 512;

/**
 * The endpoints of all slices of a service, in steps of some tenths of a millisecond: those that are ready, or where none is, those
 * that are ending and still serve (KEP-1669). An endpoint may stand in several slices while the control plane moves it, and counts
 * once. Throws where the port is not to be found.
 */
export function* listedInSlices(slices: readonly Slice[], choice: SliceChoice): Generator<undefined, Listed[]> {
  if (slices.some(({ hasEndpoints }) => hasEndpoints) && !slices.some(({ hasPort }) => hasPort))
    throw new Error(noPort(choice.port, new Set(slices.flatMap(({ ports }) => ports))));
  const all = new Map<string, Found>();
  let units = 0;
  for (const { found } of slices)
    for (const one of found) {
      const before = all.get(one.listed.address);
      // While it moves between slices, the one that is about to go may be behind.
      if (before === undefined || (!before.isReady && one.isReady)) all.set(one.listed.address, one);
      if (++units % unitsPerStep === 0) yield;
    }
  const ready: Found[] = [];
  const ending: Found[] = [];
  for (const one of all.values()) {
    if (one.isReady) ready.push(one);
    else if (one.stillServes) ending.push(one);
    if (++units % unitsPerStep === 0) yield;
  }
  return yield* placed(oneEach(ready.length > 0 ? ready : ending, choice), choice.zone);
}

function noPort(port: string | undefined, found: ReadonlySet<string>): string {
  const names = [...found].map((name) => `\`${name}\``).join(", ");
  return port === undefined
    ? `the service has several ports (${names}): name one of them with \`port\``
    : `the service has no TCP port \`${port}\`; it has ${names === "" ? "none" : names}`;
}

const tcpPorts = (ports: readonly unknown[]): readonly Entry[] =>
  ports.map(entryOf).filter(({ protocol = "TCP" }) => protocol === "TCP" || protocol === null);

/** `:8080`, or nothing where the slice says that its endpoints have any port; undefined where it has not the one that is meant. */
function portOf(
  count: number,
  tcp: readonly Entry[],
  wanted: string | undefined,
): { readonly port: string; readonly protocol: string } | undefined {
  if (count === 0) return { port: "", protocol: "" };
  const chosen = wanted === undefined ? (tcp.length === 1 ? tcp[0] : undefined) : tcp.find(({ name }) => textOf(name) === wanted);
  if (chosen === undefined) return undefined;
  return { port: typeof chosen.port === "number" ? `:${chosen.port}` : "", protocol: textOf(chosen.appProtocol) };
}

/** What is the same for all endpoints of a slice. */
interface Common {
  readonly addressType: string;
  readonly port: string;
  /** `kubernetes.io/h2c`; empty where the port says nothing of it. */
  readonly protocol: string;
  readonly labels: Entry;
}

function foundIn(value: unknown, { addressType, port, protocol, labels }: Common): Found | undefined {
  const { addresses, conditions, targetRef, zone, nodeName, hints } = entryOf(value);
  // All of them are the same endpoint, and the first is to be used (EndpointSlice, `addresses`).
  const host = listOf(addresses)[0];
  if (typeof host !== "string") return undefined;
  const { ready, serving, terminating } = entryOf(conditions);
  // Absent means ready, and `serving` as `ready` says.
  const isReady = ready !== false;
  const { uid, name } = entryOf(targetRef);
  const pod = textOf(uid);
  const { forZones } = entryOf(hints);
  return {
    listed: {
      address: `${addressType === "IPv6" ? `[${host}]` : host}${port}`,
      ...(pod === "" ? {} : { id: pod }),
      protocol,
      // Of thousands, where subsets ask for it.
      get metadata() {
        const { "kubernetes.io/service-name": service, ...more } = labels;
        return { ...more, service, node: nodeName ?? undefined, pod: name };
      },
    },
    addressType,
    pod,
    isReady,
    stillServes: (serving ?? isReady) === true && terminating === true,
    zone: textOf(zone),
    hints:
      forZones === undefined
        ? none
        : listOf(forZones)
            .map((one) => entryOf(one).name)
            .filter((hint) => typeof hint === "string"),
  };
}

const none: readonly string[] = [];

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
function* placed(found: readonly Found[], own: string | undefined): Generator<undefined, Listed[]> {
  const isHinted =
    own !== undefined && found.every(({ hints }) => hints.length > 0) && found.some(({ hints }) => hints.includes(own));
  const all: Listed[] = [];
  for (const { listed, zone, hints } of found) {
    const counted = !isHinted ? zone : hints.includes(own) ? own : (hints[0] ?? "");
    all.push(counted === "" ? listed : inZone(listed, counted));
    if (all.length % unitsPerStep === 0) yield;
  }
  return all;
}

const inZone = (listed: Listed, zone: string): Listed => ({
  address: listed.address,
  ...(listed.id === undefined ? {} : { id: listed.id }),
  zone,
  protocol: listed.protocol,
  get metadata() {
    return listed.metadata;
  },
});
