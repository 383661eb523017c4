import { CallFailure } from "../../../calls/failure.ts";
import type { FollowedTls } from "../../../calls/followed-tls.ts";
import type { StartValue } from "../../../exchange/exchange.ts";
import { currentSecret, FollowedSecret } from "../../../files/followed-secret.ts";
import type { StartUrl } from "../../../identity/start-url.ts";
import { contained, logged } from "../../../life/boundary.ts";
import { clock } from "../../../life/clock.ts";
import { resultInSlices } from "../../../life/in-slices.ts";
import type { Life } from "../../../life/life.ts";
import { messageOf } from "../../../life/message-of.ts";
import { type Timer, timers } from "../../../life/timers.ts";
import { Pacing } from "../pacing.ts";
import type { EndpointSource, Findings, Look } from "../source.ts";
import { ApiServer, Expired, mostEndpoints, mostSlices, tooMany } from "./api-server.ts";
import { listedInSlices, type Slice, type SliceChoice, sliceOf } from "./slices.ts";
import type { WatchEvent } from "./watch-events.ts";

export interface KubernetesSourceConfig extends Omit<SliceChoice, "zone"> {
  /** Of the API server; absent: that of the cluster in which the gateway runs. */
  readonly address?: StartUrl | string;
  /** Of that cluster. */
  readonly host?: StartValue | string;
  readonly hostPort?: StartValue | string;
  readonly namespace: StartValue | string;
  readonly services: readonly string[];
  readonly token?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
  readonly zone?: StartValue | string;
}

export const createKubernetesSource = (config: KubernetesSourceConfig): EndpointSource => new KubernetesSource(config);

/** Milliseconds from the begin of one watch, or list, to the next. */
const paceMs = 1_000;
/** Milliseconds between looks where nothing else says. */
const restMs = 60_000;
/** Milliseconds for which changes are gathered: one of a thousand pods comes as some tens of events. */
const gatherMs = 20;

/** The EndpointSlices of a service, listed once and then watched. */
class KubernetesSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: KubernetesSourceConfig;
  readonly #origin: string;

  constructor(config: KubernetesSourceConfig) {
    const { address, host = "", hostPort = "443", namespace, services } = config;
    this.#config = config;
    this.#origin = new URL(address ?? `https://${host.includes(":") ? `[${host}]` : host}:${hostPort}`).origin;
    this.description = `Kubernetes ${this.#origin}, namespace ${namespace}, service ${services.join(", ")}`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { token, tls, namespace, services } = this.#config;
    tls?.follow(tenure);
    if (token instanceof FollowedSecret)
      token.follow(
        tenure,
        () => {},
        () => {},
      );
    const current = (): string | undefined => (token === undefined ? undefined : currentSecret(token));
    const choice = choiceOf(this.#config);
    const read = (value: unknown): Slice => sliceOf(value, choice);
    const server = new ApiServer({ origin: this.#origin, namespace, services, token: current, tls, sliceOf: read });
    const known = new Known(choice, findings);
    const end = contained(logged("connections to the API server were not closed"), (): void => {
      known.end();
      server.close();
    });
    tenure.signal.addEventListener("abort", end, { once: true });
    let waiting: AbortController | undefined;
    const look = async (signal: AbortSignal): Promise<number> => {
      const begun = clock.monotonic();
      waiting = new AbortController();
      const own = waiting.signal;
      const either = AbortSignal.any([signal, own]);
      try {
        if (known.version === undefined) known.begin(await server.list(either));
        await server.watch(known.version!, (event) => known.take(event), either);
        // Nothing else has changed.
        known.tell();
      } catch (error) {
        if (signal.aborted) throw error;
        // Somebody wants to know what there is, and not what changes.
        if (own.aborted) {
          known.version = undefined;
          return 0;
        }
        if (error instanceof Expired) known.version = undefined;
        else if (!isCut(error, begun)) throw error;
      } finally {
        waiting = undefined;
      }
      return Math.max(0, begun + paceMs - clock.monotonic());
    };
    const pacing = new Pacing(tenure, restMs, look, (error) => findings.failed(messageOf(error)));
    return { soon: () => (waiting === undefined ? pacing.soon() : waiting.abort()) };
  }
}

/** A watch that had been there for a while was cut: it goes on from where it was. Whether the server is there shows then. */
const isCut = (error: unknown, begun: number): boolean =>
  error instanceof CallFailure &&
  (error.kind === "broken" || error.kind === "wholeTimeout") &&
  clock.monotonic() - begun > paceMs;

const choiceOf = ({ port, addressType, zone }: KubernetesSourceConfig): SliceChoice => ({
  ...(port === undefined ? {} : { port }),
  ...(addressType === undefined ? {} : { addressType }),
  ...(zone === undefined ? {} : { zone }),
});

/** The slices that there are, as far as is known. */
class Known {
  readonly #choice: SliceChoice;
  readonly #findings: Findings;
  readonly #slices = new Map<string, Slice>();
  /** Of all slices, where one may be in several. */
  #endpoints = 0;
  #timer: Timer | undefined = undefined;
  #isTelling = false;
  #isChanged = false;
  /** From which the next watch goes on; undefined: everything is to be listed anew. */
  version: string | undefined = undefined;

  constructor(choice: SliceChoice, findings: Findings) {
    this.#choice = choice;
    this.#findings = findings;
  }

  begin({ slices, version }: { readonly slices: readonly Slice[]; readonly version: string }): void {
    this.#slices.clear();
    for (const slice of slices) this.#slices.set(slice.name, slice);
    this.#endpoints = 0;
    for (const { found } of this.#slices.values()) this.#endpoints += found.length;
    this.version = version;
    this.tell();
  }

  /** Throws where it ends the watch. Undefined: it stands, so that what is known counts as seen again. */
  take(event: WatchEvent | undefined): void {
    if (event === undefined) return this.#soon();
    const { type, object } = event;
    if (type === "ERROR") {
      this.version = undefined;
      throw errorOf(object);
    }
    if (type === "BOOKMARK") {
      this.version = versionOf(object) ?? this.version;
      this.#soon();
      return;
    }
    if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return;
    const slice = sliceOf(object, this.#choice);
    const { name, resourceVersion } = slice;
    this.#endpoints -= this.#slices.get(name)?.found.length ?? 0;
    if (type === "DELETED") this.#slices.delete(name);
    else {
      this.#slices.set(name, slice);
      this.#endpoints += slice.found.length;
    }
    if (this.#slices.size > mostSlices || this.#endpoints > mostEndpoints) {
      this.version = undefined;
      throw tooMany();
    }
    this.version = resourceVersion;
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= timers.after(gatherMs, logged("endpoints of the API server were not taken over"), () => this.tell());
  }

  /** What changes while it is put together is told behind it. */
  tell(): void {
    this.end();
    this.#isChanged = true;
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    while (this.#isChanged) {
      this.#isChanged = false;
      try {
        this.#findings.found(await resultInSlices(listedInSlices([...this.#slices.values()], this.#choice)));
      } catch (error) {
        this.#findings.failed(messageOf(error));
      }
    }
    this.#isTelling = false;
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** Of a `Status` (Kubernetes API Conventions). */
function errorOf(status: unknown): Error {
  // Whatever it is, members that it does not have are undefined.
  const { code, reason, message } = (status ?? {}) as { readonly [name: string]: unknown };
  if (code === 410 || reason === "Expired" || reason === "Gone")
    return new Expired("the API server has forgotten what changed since");
  const said = typeof message === "string" ? `: ${message.slice(0, 200)}` : "";
  return new CallFailure("status", `the API server ended the watch with the error ${String(code ?? reason)}${said}`);
}

function versionOf(object: unknown): string | undefined {
  // Whatever it is, members that it does not have are undefined.
  const { metadata } = (object ?? {}) as { readonly metadata?: { readonly resourceVersion?: unknown } | null };
  const version = metadata?.resourceVersion;
  return typeof version === "string" && version !== "" ? version : undefined;
}
