import type { Exchange, Expression, Peer, StartValue } from "../../exchange/exchange.ts";
import type { TraceExporter } from "../../exporters/exporter.ts";
import { holds } from "../../expressions/holds.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { RefusalLog, RefusedTrace } from "../../gateway/refusals.ts";
import { clock } from "../../life/clock.ts";
import type { Living } from "../../life/living.ts";
import type { SpanLink } from "../../telemetry/span.ts";
import { formatsOf } from "./environment.ts";
import { traceField, withholdTraceFields } from "./fields.ts";
import { Ids } from "./ids.ts";
import { type Incoming, readIncoming, type TraceFormat } from "./incoming.ts";
import { spanOfCall, spanOfUnread } from "./own-spans.ts";
import { PerSecond } from "./per-second.ts";
import { filterBaggage } from "./propagation/baggage.ts";
import { type OwnCall, RequestTrace, type TraceRules } from "./request-trace.ts";
import { Sampler, type SamplingConfig } from "./sampler.ts";
import { requestError, Spans } from "./spans.ts";
import { TraceCounts } from "./trace-counts.ts";
import { Undecided } from "./undecided.ts";
import { WallClock } from "./wall-clock.ts";

export interface TracingConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  readonly exporter: TraceExporter;
  readonly sampling: SamplingConfig;
  /** Whose word counts: `fromTrustedProxies` means the peers whose forwarding fields are believed. */
  readonly trust: "never" | "fromTrustedProxies" | "always";
  /** In the order in which they count; null: as the environment says. */
  readonly reads: readonly TraceFormat[] | null;
  readonly writes: readonly TraceFormat[] | null;
  /** `OTEL_PROPAGATORS`, empty where it is not set; absent where both are written. */
  readonly propagators?: StartValue;
  /** Services are told that each trace is sampled. */
  readonly tellsSampled: boolean;
  /** Keys that go on, and the services that get them (null: all); null: nothing goes on. */
  readonly baggage: { readonly allow: readonly string[]; readonly to: readonly string[] | null } | null;
  readonly keep: KeepConfig | null;
  /** Query parameters whose values are left out. */
  readonly redact: readonly string[];
}

/** Requests whose spans are exported although they were not sampled, once it is known how they ended. */
export interface KeepConfig {
  readonly errors: boolean;
  /** Milliseconds; null: how long they take does not matter. */
  readonly slowerThan: number | null;
  readonly when: Expression<boolean> | null;
  /** Most in a second and process. */
  readonly most: number;
  /** Requests that may be undecided at a time. */
  readonly waiting: number;
}

export const createTracing = (config: TracingConfig): Tracing => new Tracing(config);

class Tracing implements Living, RefusalLog {
  readonly name: string;
  readonly required = false;
  readonly #config: TracingConfig;
  readonly #rules: TraceRules;
  readonly #reads: readonly TraceFormat[];
  readonly #sampler: Sampler;
  readonly #undecided: Undecided | undefined;
  readonly #keepRate: PerSecond;
  readonly #counts = new TraceCounts();
  readonly #wall = new WallClock();
  readonly #spans: Spans;

  constructor(config: TracingConfig) {
    const { at, sampling, tellsSampled, baggage, keep, redact } = config;
    const { reads, writes } = formatsOf(config);
    this.name = `${at} tracing`;
    this.#config = config;
    this.#rules = { ids: new Ids(), formats: writes, tellsSampled, baggageTo: baggage?.to ?? null };
    this.#reads = reads;
    this.#sampler = new Sampler(sampling);
    this.#undecided = keep === null ? undefined : new Undecided(keep.waiting);
    this.#keepRate = new PerSecond(keep?.most ?? 1);
    this.#spans = new Spans(redact, this.#wall);
  }

  metrics(): readonly MetricFamily[] {
    return this.#counts.families(this.#undecided?.givenUp ?? 0);
  }

  request(x: Exchange): void {
    // Whatever is not told to the service anew is not told at all.
    const found = withholdTraceFields(x.headers);
    const incoming = found === 0 || !this.#trusts(x) ? undefined : readIncoming(x.headers, found, this.#reads);
    const baggage = (found & traceField.baggage) === 0 ? "" : this.#baggageOf(x);
    const trace = this.#begin(x, found, incoming, baggage);
    x.trace = trace;
    if (trace.isRecording && !trace.isSampled) this.#undecided?.add(trace);
  }

  #trusts(x: Exchange): boolean {
    const { trust } = this.#config;
    return trust === "always" || (trust === "fromTrustedProxies" && x.isPeerTrusted);
  }

  #begin(x: Exchange, found: number, incoming: Incoming | undefined, baggage: string): RequestTrace {
    const context = incoming?.context;
    const parent = context !== undefined && context.traceId !== "" ? context : undefined;
    const traceId = parent === undefined ? this.#rules.ids.trace() : parent.traceId;
    const decision = context === undefined || !this.#sampler.followsParent ? "open" : context.decision;
    const isSampled = decision === "open" ? this.#sampler.samples(x, traceId) : decision !== "unsampled";
    const isRecording = isSampled || this.#undecided !== undefined;
    return new RequestTrace(
      this.#rules,
      traceId,
      parent,
      context?.decision === "debug",
      incoming === undefined ? "" : incoming.traceState,
      baggage,
      found,
      isSampled,
      isRecording,
    );
  }

  #baggageOf(x: Exchange): string {
    const { baggage } = this.#config;
    if (baggage === null || !this.#trusts(x)) return "";
    const kept = filterBaggage(x.headers.all("baggage"), baggage.allow);
    if (kept !== "tooLarge") return kept;
    this.#counts.largeBaggage++;
    return "";
  }

  /** What lasts is decided by its begin: it is not held until it ends. */
  response(x: Exchange): void {
    const trace = this.#traceOf(x);
    if (trace === undefined || trace.isSampled || !trace.isRecording || !lasts(x)) return;
    this.#undecided?.remove(trace);
    trace.giveUp();
  }

  done(x: Exchange): void {
    // What the gateway refuses for its head alone ends without having been through a chain.
    if (x.trace === undefined) this.request(x);
    const trace = this.#traceOf(x);
    if (trace === undefined || !trace.isRecording) return;
    const now = clock.monotonic();
    if (!trace.isSampled) {
      this.#undecided?.remove(trace);
      if (!this.#keeps(x, now)) return;
    }
    this.#export(x, trace, now);
  }

  /** Of a request that could not be read. */
  beginTrace(): RefusedTrace {
    const { ids } = this.#rules;
    return { traceId: ids.trace(), spanId: ids.span() };
  }

  /** Its span is of the moment at which that was found. */
  refused(peer: Peer, status: number, problem: string, _keyword: string, trace = this.beginTrace()): void {
    const { exporter, keep } = this.#config;
    const { traceId, spanId } = trace;
    if (this.#sampler.samplesUnread(traceId)) this.#counts.sampled++;
    else if (keep === null || !keep.errors || status < 500 || !this.#keepsOneMore()) return;
    const now = clock.monotonic();
    this.#wall.adjust(now);
    exporter.take(spanOfUnread(traceId, spanId, { peer, status, problem }, this.#wall.at(now)), now);
  }

  #keeps(x: Exchange, now: number): boolean {
    const { keep } = this.#config;
    if (keep === null) return false;
    const error = keep.errors ? requestError(x) : "";
    const isMeant =
      // Clients that leave would choose what is exported.
      (error !== "" && error !== "client_gone") ||
      (keep.slowerThan !== null && now - x.startedAt > keep.slowerThan) ||
      (keep.when !== null && x.answer !== undefined && holds(keep.when, x));
    return isMeant && this.#keepsOneMore();
  }

  #keepsOneMore(): boolean {
    if (this.#keepRate.take()) {
      this.#counts.kept++;
      return true;
    }
    this.#counts.overKeepRate++;
    return false;
  }

  #export(x: Exchange, trace: RequestTrace, now: number): void {
    const { exporter } = this.#config;
    const { ids } = this.#rules;
    this.#wall.adjust(now);
    if (trace.isSampled) this.#counts.sampled++;
    exporter.take(this.#spans.ofRequest(x, trace, now, this.#linkOf(x, trace)), now);
    if (x.waits !== undefined) for (const wait of x.waits) exporter.take(this.#spans.ofWait(trace, wait, now, ids.span()), now);
    if (trace.calls !== undefined) this.#exportCalls(trace, trace.calls, now);
    if (x.upstream === undefined) return;
    const { attempts, service } = x.upstream;
    for (let index = 0; index < attempts.length; index++) {
      const attempt = attempts[index]!;
      const traced = trace.tracedOf(attempt);
      const spanId = traced === undefined ? ids.span() : traced.spanId;
      exporter.take(this.#spans.ofAttempt(x, trace, { service, attempt, traced, spanId, resends: index }, now), now);
    }
  }

  #exportCalls(trace: RequestTrace, calls: readonly OwnCall[], now: number): void {
    const { exporter, redact } = this.#config;
    for (const call of calls) {
      const take = (at: number): void => exporter.take(spanOfCall(trace, call, redact, this.#wall, at), at);
      if (call.mayOutlive && call.endedAt > now) call.exportLater = () => take(clock.monotonic());
      else take(now);
    }
  }

  /** What a caller says who is not trusted is told as a link. */
  #linkOf(x: Exchange, { found, parentSpanId }: RequestTrace): SpanLink | undefined {
    if (found === 0 || parentSpanId !== "" || this.#trusts(x)) return undefined;
    const incoming = readIncoming(x.headers, found, this.#reads);
    if (incoming === undefined || incoming.context.traceId === "") return undefined;
    const { traceId, spanId } = incoming.context;
    return { traceId, spanId, traceState: "", attributes: [] };
  }

  /** Undefined where a request was answered before the policy ran. */
  #traceOf(x: Exchange): RequestTrace | undefined {
    // Nothing else makes traces.
    return x.trace as RequestTrace | undefined;
  }
}

/** A connection that goes on with another protocol, or a stream of events. */
const lasts = ({ answer }: Exchange): boolean =>
  answer !== undefined &&
  (answer.status === 101 || answer.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true);
