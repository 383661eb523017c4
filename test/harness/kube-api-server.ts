import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/** An EndpointSlice as the API server shows it (discovery.k8s.io/v1). */
export interface KubeSlice {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  readonly addressType: string;
  readonly endpoints: readonly object[] | null;
  readonly ports: readonly object[] | null;
}

const label = "kubernetes.io/service-name";

export const kubeSlice = (
  name: string,
  endpoints: readonly object[],
  {
    service = "orders",
    ...more
  }: { readonly service?: string } & Partial<Omit<KubeSlice, "metadata">> & {
      readonly labels?: Readonly<Record<string, string>>;
    } = {},
): KubeSlice => {
  const { labels = {}, ...rest } = more;
  return {
    metadata: { name, namespace: "shop", labels: { [label]: service, ...labels } },
    addressType: "IPv4",
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    ...rest,
    endpoints,
  };
};

export const kubePod = (address: string, uid: string, more: object = {}): object => ({
  addresses: [address],
  conditions: { ready: true, serving: true, terminating: false },
  targetRef: { kind: "Pod", namespace: "shop", name: `pod-${uid}`, uid },
  nodeName: "node-1",
  ...more,
});

interface Watcher {
  readonly response: ServerResponse;
  readonly isWanted: (slice: KubeSlice) => boolean;
}

interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly slice: KubeSlice;
}

/**
 * The part of a kube-apiserver that serves EndpointSlices, as Kubernetes API Concepts documents it: lists in pages that go on at
 * the version of the first one, watches from a version with bookmarks, 410 where a version is no longer kept (as a status of
 * lists, as an ERROR event of watches), and watches that end when their time is over.
 */
export class KubeApiServer {
  readonly #slices = new Map<string, { readonly slice: KubeSlice; readonly version: number }>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  /** Versions before this one are forgotten. */
  #oldest = 0;
  /** Of each page of a list, by the version at which it began. */
  readonly #snapshots = new Map<number, readonly { readonly slice: KubeSlice; readonly version: number }[]>();
  readonly asked: URL[] = [];
  readonly credentials: (string | undefined)[] = [];
  /** Answers of the next requests, instead of what they would get. */
  readonly refusals: number[] = [];
  /** Bytes of one piece of a watch; Infinity: an event is written as a whole. */
  pieceBytes = Number.POSITIVE_INFINITY;
  /** Only whoever proves it is answered. */
  token: string | undefined = undefined;
  isForbidden = false;
  /** Called behind each page of a list. */
  onPage = (_page: number): void => {};
  origin = "";
  #close = (): void => {};

  async listen(tls?: { readonly key: string; readonly cert: string }): Promise<string> {
    const listener: RequestListener = (request, response) => this.#answer(request, response);
    const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#close = () => void server.close().closeAllConnections();
    this.origin = `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this.origin;
  }

  close(): void {
    this.#close();
  }

  get watching(): number {
    return this.#watchers.size;
  }

  get lists(): readonly URL[] {
    return this.asked.filter(({ searchParams }) => !searchParams.has("watch"));
  }

  put(...slices: readonly KubeSlice[]): void {
    for (const slice of slices) {
      const { name } = slice.metadata;
      const type = this.#slices.has(name) ? "MODIFIED" : "ADDED";
      this.#slices.set(name, { slice, version: ++this.#version });
      this.#changed({ version: this.#version, type, slice });
    }
  }

  remove(name: string): void {
    const before = this.#slices.get(name);
    if (before === undefined) return;
    this.#slices.delete(name);
    this.#changed({ version: ++this.#version, type: "DELETED", slice: before.slice });
  }

  /** Forgets all versions up to now, as after some minutes. */
  compact(): void {
    // Something else in the cluster has changed as well.
    this.#oldest = ++this.#version;
    this.#changes.length = 0;
    this.#snapshots.clear();
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(++this.#version), creationTimestamp: null };
    const object = {
      kind: "EndpointSlice",
      apiVersion: "discovery.k8s.io/v1",
      metadata,
      addressType: "",
      endpoints: null,
      ports: null,
    };
    for (const { response } of this.#watchers) this.#write(response, { type: "BOOKMARK", object });
  }

  error(code: number, reason: string): void {
    for (const watcher of [...this.#watchers]) this.#fail(watcher, code, reason);
  }

  /** Their time is over. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
  }

  /** A proxy between them ends, in the middle of an event. */
  cutWatches(): void {
    for (const { response } of this.#watchers) {
      response.write('{"type":"MODIFIED","object":{"met');
      response.socket!.destroy();
    }
    this.#watchers.clear();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, "http://kube");
    this.asked.push(url);
    this.credentials.push(request.headers.authorization);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return this.#refuse(response, refusal, "InternalError");
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`)
      return this.#refuse(response, 401, "Unauthorized");
    if (this.isForbidden) return this.#refuse(response, 403, "Forbidden");
    if (url.pathname !== "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices") return this.#describe(url, response);
    const isWanted = selected(url.searchParams.get("labelSelector") ?? "");
    if (url.searchParams.has("watch")) this.#watch(url, response, isWanted);
    else this.#list(url, response, isWanted);
  }

  /** What kubectl asks for beside slices: the release, and which resources there are. */
  #describe({ pathname }: URL, response: ServerResponse): void {
    const body = descriptions[pathname];
    if (body === undefined) return this.#refuse(response, 404, "NotFound");
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  }

  #list({ searchParams }: URL, response: ServerResponse, isWanted: (slice: KubeSlice) => boolean): void {
    const limit = Number(searchParams.get("limit") ?? 0) || Number.POSITIVE_INFINITY;
    const token = searchParams.get("continue");
    const [version, from] = token === null ? [this.#version, 0] : JSON.parse(Buffer.from(token, "base64url").toString());
    if (token === null)
      this.#snapshots.set(
        version,
        [...this.#slices.values()].filter(({ slice }) => isWanted(slice)),
      );
    const all = this.#snapshots.get(version);
    // With a token that goes on at the newest version, for clients that accept a list of two times.
    if (all === undefined) return this.#refuse(response, 410, "Expired", { continue: tokenOf(this.#version, from) });
    const end = Math.min(all.length, from + limit);
    const next = end < all.length ? tokenOf(version, end) : undefined;
    const metadata = {
      resourceVersion: String(version),
      ...(next === undefined ? {} : { continue: next, remainingItemCount: all.length - end }),
    };
    const items = all.slice(from, end).map(({ slice, version: own }) => versioned(slice, own));
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ kind: "EndpointSliceList", apiVersion: "discovery.k8s.io/v1", metadata, items }));
    this.onPage(Math.ceil(end / limit));
  }

  #watch({ searchParams }: URL, response: ServerResponse, isWanted: (slice: KubeSlice) => boolean): void {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    const watcher = { response, isWanted };
    const from = Number(searchParams.get("resourceVersion"));
    if (from < this.#oldest) return this.#fail(watcher, 410, "Expired");
    this.#watchers.add(watcher);
    response.on("close", () => this.#watchers.delete(watcher));
    for (const change of this.#changes) if (change.version > from) this.#tell(watcher, change);
  }

  #changed(change: Change): void {
    this.#changes.push(change);
    for (const watcher of this.#watchers) this.#tell(watcher, change);
  }

  #tell({ response, isWanted }: Watcher, { type, slice, version }: Change): void {
    if (isWanted(slice)) this.#write(response, { type, object: versioned(slice, version) });
  }

  #fail(watcher: Watcher, code: number, reason: string): void {
    this.#write(watcher.response, { type: "ERROR", object: status(code, reason) });
    watcher.response.end();
    this.#watchers.delete(watcher);
  }

  #write(response: ServerResponse, event: object): void {
    const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
    for (let at = 0; at < bytes.length; at += this.pieceBytes) response.write(bytes.subarray(at, at + this.pieceBytes));
  }

  #refuse(response: ServerResponse, code: number, reason: string, metadata = {}): void {
    response.writeHead(code, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ ...status(code, reason), metadata }));
  }
}

const discovery = { groupVersion: "discovery.k8s.io/v1", version: "v1" };

/** API discovery, as kube-apiserver has it where the form that aggregates all of them is not asked for. */
const descriptions: Readonly<Record<string, object>> = {
  "/version": { major: "1", minor: "31", gitVersion: "v1.31.0" },
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/api/v1": { kind: "APIResourceList", groupVersion: "v1", resources: [] },
  "/apis": {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: [{ name: "discovery.k8s.io", versions: [discovery], preferredVersion: discovery }],
  },
  "/apis/discovery.k8s.io/v1": {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: discovery.groupVersion,
    resources: [
      {
        name: "endpointslices",
        singularName: "endpointslice",
        namespaced: true,
        kind: "EndpointSlice",
        verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
      },
    ],
  },
};

const tokenOf = (version: number, from: number): string => Buffer.from(JSON.stringify([version, from])).toString("base64url");

const status = (code: number, reason: string) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: reason === "Expired" ? "too old resource version: 1 (200)" : reason,
  reason,
  code,
});

const versioned = (slice: KubeSlice, version: number) => ({
  kind: "EndpointSlice",
  apiVersion: "discovery.k8s.io/v1",
  ...slice,
  metadata: { ...slice.metadata, resourceVersion: String(version) },
});

/** `NAME=VALUE` and `NAME in (A,B)`. */
function selected(selector: string): (slice: KubeSlice) => boolean {
  if (selector === "") return () => true;
  const [, name = "", list = ""] = /^(\S+) in \((.*)\)$/.exec(selector) ?? /^([^=]+)=(.*)$/.exec(selector) ?? [];
  const values = list.split(",");
  return ({ metadata }) => values.includes(metadata.labels[name] ?? "");
}
