import { gunzipSync } from "node:zlib";
import type { Certified } from "./certificates.ts";
import { decodedOtlp } from "./otlp-messages.ts";
import { type Behaviour, type Party, type PartyRequest, startParty } from "./party.ts";

/** A span as OTLP/JSON has it, as far as tests look at it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
}

/** One export, decoded: whatever encoding it came in. */
export interface Collected {
  readonly request: PartyRequest;
  /** As OTLP/JSON. */
  readonly body: unknown;
  readonly resource: Readonly<Record<string, unknown>>;
  /** In requests for `/v1/traces`. */
  readonly spans: readonly CollectedSpan[];
}

/** A collector of OTLP over HTTP that does what it is told, and that remembers what it was sent. */
export interface Collector extends Omit<Party, "on" | "requests"> {
  readonly exports: readonly Collected[];
  /** Spans of the exports that it took. */
  readonly spans: readonly CollectedSpan[];
  /** What it does from now on; each of several in turn, the last one for good. */
  answers(...behaviours: readonly [Behaviour, ...Behaviour[]]): void;
}

/** Ends with the file of tests. `certified` and `clients`: see `startParty`. */
export async function startCollector(certified?: Certified, clients?: string): Promise<Collector> {
  const party = await startParty(certified, clients);
  const taken: CollectedSpan[] = [];
  const known = new Map<PartyRequest, Collected>();
  const collected = (request: PartyRequest): Collected => {
    const before = known.get(request);
    if (before !== undefined) return before;
    const one = decode(request);
    known.set(request, one);
    return one;
  };
  const answers = (...behaviours: readonly [Behaviour, ...Behaviour[]]): void => {
    const queue = [...behaviours];
    for (const path of ["/v1/traces", "/v1/metrics"])
      party.on(path, () => {
        const behaviour = queue.length > 1 ? queue.shift()! : queue[0]!;
        const isTaken = typeof behaviour === "object" && "status" in behaviour && (behaviour.status ?? 200) < 300;
        if (isTaken) taken.push(...collected(party.requests.at(-1)!).spans);
        return behaviour;
      });
  };
  answers({ status: 200 });
  return {
    ...party,
    get connections() {
      return party.connections;
    },
    get exports() {
      return party.requests.map(collected);
    },
    spans: taken,
    answers,
  };
}

interface Scoped {
  readonly resource: {
    readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  };
  readonly scopeSpans?: readonly { readonly spans: readonly CollectedSpan[] }[];
}

function decode(request: PartyRequest): Collected {
  const { bytes, headers, target } = request;
  const signal = target.includes("/metrics") ? "metrics" : "traces";
  const plain = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
  const isJson = headers["content-type"] === "application/json";
  const body: unknown = isJson ? JSON.parse(plain.toString("utf8")) : decodedOtlp(signal, plain);
  const [first] = Object.values(body as Readonly<Record<string, readonly Scoped[]>>)[0]!;
  const { resource, scopeSpans = [] } = first!;
  return {
    request,
    body,
    resource: Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue])),
    spans: scopeSpans.flatMap(({ spans }) => spans),
  };
}
