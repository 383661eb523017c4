import { type Client, createClient } from "../../../calls/client.ts";
import type { Answer } from "../../../calls/exchange.ts";
import { CallFailure } from "../../../calls/failure.ts";
import type { FollowedTls } from "../../../calls/followed-tls.ts";
import { statusFailure } from "../../../calls/status-failure.ts";
import { clock } from "../../../life/clock.ts";
import { resultInSlices } from "../../../life/in-slices.ts";
import { jsonInSteps } from "../json-steps.ts";
import type { Slice } from "./slices.ts";
import { type WatchEvent, WatchEvents } from "./watch-events.ts";

/** What was known is too old for the server: everything has to be listed anew. */
export class Expired extends Error {
  override readonly name = "Expired";
}

/** All slices at one moment. */
export interface SliceList {
  readonly slices: readonly Slice[];
  /** From which a watch goes on. */
  readonly version: string;
}

export interface ApiServerConfig {
  /** Of the server, without a path. */
  readonly origin: string;
  readonly namespace: string;
  /** Names of services. */
  readonly services: readonly string[];
  readonly token: () => string | undefined;
  readonly tls: FollowedTls | undefined;
  /** Throws where it is no slice. */
  readonly sliceOf: (value: unknown) => Slice;
}

/** Slices of one page: with 100 endpoints each, as the control plane makes them, some milliseconds to read. */
const pageSlices = 20;
const mostPages = 1_000;

/** Slices at most, and endpoints of all of them: more than are believed, as one may be in several slices. */
export const mostSlices = 20_000;
export const mostEndpoints = 50_000;

/** Milliseconds for all pages of a list. */
const listMs = 60_000;
const mostBytes = 32 * 1024 * 1024;

/** Seconds after which the server ends a watch. */
const watchSeconds = 60;

/** Milliseconds for which a watch may be silent: some beyond its end, until the connection counts as dead. */
export const longestSilenceMs = 70_000;

/** Lists and watches the EndpointSlices of services (Kubernetes API Concepts; discovery.k8s.io/v1). */
export class ApiServer {
  readonly #config: ApiServerConfig;
  readonly #client: Client;
  readonly #url: string;
  /** The version from which a list in pages goes on was lost twice in a row: the next one comes whole. */
  #pagesExpired = 0;

  constructor(config: ApiServerConfig) {
    const { origin, namespace, services, tls } = config;
    this.#config = config;
    this.#client = createClient({
      named: [origin],
      maxBytes: mostBytes,
      wholeMs: longestSilenceMs,
      attempts: 1,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
    const label = "kubernetes.io/service-name";
    const [first] = services;
    const selector = services.length === 1 ? `${label}=${first}` : `${label} in (${services.join(",")})`;
    const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
    this.#url = `${origin}${path}?${new URLSearchParams({ labelSelector: selector })}`;
  }

  /** From the begin, in pages. Rejects with `Expired` where the server forgot the list before it had been read. */
  async list(signal: AbortSignal): Promise<SliceList> {
    const slices: Slice[] = [];
    const limit = this.#pagesExpired < 2 ? `&limit=${pageSlices}` : "";
    let next = "";
    let endpoints = 0;
    const until = clock.monotonic() + listMs;
    for (let page = 1; page <= mostPages; page++) {
      if (clock.monotonic() > until) throw new CallFailure("wholeTimeout", `the API server did not list all within ${listMs} ms`);
      const from = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
      const answer = await this.#call(`${this.#url}${limit}${from}`, "application/json", signal);
      if (answer.status === 410) {
        this.#pagesExpired++;
        throw new Expired("the API server forgot the list while it was read");
      }
      const list = listOf(await resultInSlices(jsonInSteps(answer.body.toString("utf8"))));
      for (const item of list.items) {
        const slice = this.#config.sliceOf(item);
        slices.push(slice);
        endpoints += slice.found.length;
      }
      if (slices.length > mostSlices || endpoints > mostEndpoints) throw tooMany();
      if (next !== "" && list.next === next)
        throw new CallFailure("protocol", "the API server goes on with the page of its list that it has just given");
      next = list.next;
      if (next !== "") continue;
      this.#pagesExpired = 0;
      return { slices, version: list.version };
    }
    throw new CallFailure("protocol", `the API server lists more than ${mostPages} pages of EndpointSlices`);
  }

  /** Resolves when the server ends the watch; `each` is told undefined when it stands. Rejects with `Expired` where it has forgotten what came behind `version`. */
  async watch(version: string, each: (event: WatchEvent | undefined) => void, signal: AbortSignal): Promise<void> {
    const events = new WatchEvents(each);
    const query = `&watch=1&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(version)}&timeoutSeconds=${watchSeconds}`;
    const answer = await this.#call(`${this.#url}${query}`, "application/json", signal, (piece) => {
      if (piece.length === 0) each(undefined);
      else events.add(piece);
    });
    if (answer.status === 410) throw new Expired("the API server has forgotten what changed since");
  }

  /** Rejects with a `CallFailure` for all but 200 and 410. */
  async #call(url: string, accept: string, signal: AbortSignal, onData?: (piece: Buffer) => void): Promise<Answer> {
    const token = this.#config.token();
    const headers = { accept, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const answer = await this.#client.call({ url, headers, signal, ...(onData === undefined ? {} : { onData }) });
    if (answer.status !== 200 && answer.status !== 410) throw statusFailure(answer, this.#refusal(answer));
    return answer;
  }

  #refusal({ status }: Answer): string {
    const { namespace } = this.#config;
    if (status === 401) return "the API server does not know the token (401): look at whether the service account is still there";
    if (status === 403)
      return `the API server refuses the token (403): allow its service account \`list\` and \`watch\` of \`endpointslices\` (\`discovery.k8s.io\`) in the namespace ${namespace}`;
    return `the API server answers with ${status}, and 200 is expected`;
  }

  close(): void {
    this.#client.close();
  }
}

export const tooMany = (): CallFailure =>
  new CallFailure(
    "tooLarge",
    `the API server lists more than ${mostSlices} EndpointSlices, or ${mostEndpoints} endpoints: look at \`service\` and \`namespace\``,
  );

interface ReadList {
  readonly items: readonly unknown[];
  readonly version: string;
  /** Empty: it is the last page. */
  readonly next: string;
}

function listOf(value: unknown): ReadList {
  // Whatever it is, members that it does not have are undefined.
  const { items, metadata } = (value ?? {}) as {
    readonly items?: unknown;
    readonly metadata?: { readonly [name: string]: unknown };
  };
  const { resourceVersion, continue: next } = metadata ?? {};
  if ((items !== null && !Array.isArray(items)) || typeof resourceVersion !== "string" || resourceVersion === "")
    throw new CallFailure("protocol", "what the API server answers is no EndpointSliceList");
  return { items: items ?? [], version: resourceVersion, next: typeof next === "string" ? next : "" };
}
