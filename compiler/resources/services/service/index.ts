import { isIP } from "node:net";
import type { ManagedServiceConfig } from "../../../../runtime/upstream/attempts/managed-service.ts";
import type { ServiceStatesConfig } from "../../../../runtime/upstream/health/service-states.ts";
import type { AgingPoolsConfig } from "../../../../runtime/upstream/http2/http2-pool.ts";
import type { ListedPoolsConfig } from "../../../../runtime/upstream/http2/listed-pools.ts";
import type { NamesConfig } from "../../../../runtime/upstream/names.ts";
import type { PinsConfig } from "../../../../runtime/upstream/pins.ts";
import type { ServiceConfig } from "../../../../runtime/upstream/service.ts";
import type { PemSource, TlsConfig } from "../../../../runtime/upstream/tls.ts";
import type { WarmConnectionsConfig } from "../../../../runtime/upstream/warm/warm-connections.ts";
import type { WarmHttp2PoolsConfig } from "../../../../runtime/upstream/warm/warm-http2-pool.ts";
import type { WarmPoolsConfig } from "../../../../runtime/upstream/warm/warm-origin-pool.ts";
import type { SecretReference, Service } from "../../../../schema/resources.gen.ts";
import {
  type Lowered,
  type MakeIr,
  make,
  type NumberIr,
  placeOf,
  type RuntimeFunctionIr,
  runtimeFunction,
} from "../../../ir/config.ts";
import type { ServiceIr } from "../../../ir/gateway.ts";
import { type ResourceIr, resourceRef } from "../../../ir/resource.ts";
import type { ServiceRetryIr } from "../../../ir/retry.ts";
import { create, defineResource, type ResourceContext, type ServiceContext } from "../../../resource/contract.ts";
import { pemFiles, secretSource } from "../../../resource/pem.ts";
import { parseDuration } from "../../../text/formats.ts";
import { startNumber, startValue } from "../../../text/setting.ts";
import { checkAuthenticate, credentialOf } from "./authenticate.ts";
import { breakersOf, checkBreaker, fallbackOf } from "./breaker.ts";
import { checkConcurrency } from "./concurrency.ts";
import { checkDeadline, remainingTimeOf } from "./deadline.ts";
import { checkDiscover, discoveredEndpoints, discoveryOf, listsProtocols, urlsOf } from "./discover.ts";
import { checkFailover, watchedZonesOf, zonesOf } from "./failover.ts";
import { activeOf, checkHealth, ejectionOf, panicOf } from "./health.ts";
import { balancerOf, checkLoadBalancer, goesByLoad, stickyOf } from "./load-balancer.ts";
import {
  certificateWithoutKey,
  endpointTwice,
  leastOverMax,
  resolverUnused,
  streamsWithoutHttp2,
  tlsUnused,
  ttlBounds,
} from "./messages.gen.ts";
import { notesOf } from "./notes.ts";
import { checkRetry, retryingService, retryOf } from "./retry.ts";
import { checkSubsets, subsetsOf } from "./subsets.ts";
import { checkTimes } from "./times.ts";

export const service = defineResource<Service, "services">({
  room: "services",
  name: "service",

  check(options, context) {
    const { protocol, tls, resolver } = options;
    checkDiscover(options, context);
    checkAuthenticate(options, context);
    checkLoadBalancer(options, context);
    checkFailover(options, context);
    checkSubsets(options, context);
    checkHealth(options, context);
    checkBreaker(options, context);
    checkRetry(options, context);
    checkConcurrency(options, context);
    checkTimes(options, context);
    checkDeadline(options, context);
    const { name } = context;
    const urls = urlsOf(options);
    for (const [index, url] of urls.entries())
      if (urls.indexOf(url) < index) context.report(endpointTwice(context.at(`/endpoints/${index}`), { name, url }));
    if (tls !== undefined && !urls.some(mayBeSecure)) context.report(tlsUnused(context.key("/tls"), { name }));
    else if (tls !== undefined && (tls.certificate === undefined) !== (tls.key === undefined)) {
      const [found, missing] = tls.key === undefined ? (["certificate", "key"] as const) : (["key", "certificate"] as const);
      context.report(certificateWithoutKey(context.key(`/tls/${found}`), { name, found, missing }));
    }
    if (context.isWritten("/resolver") && options.discover?.dns === undefined && !urls.some(mayHaveName)) {
      context.report(resolverUnused(context.key("/resolver"), { name }));
    } else {
      const { min, max } = resolver.ttl;
      if (parseDuration(min) > parseDuration(max)) context.report(ttlBounds(context.key("/resolver/ttl"), { min, max }));
    }
    const { max, least } = options.connections;
    if (typeof least === "number" && typeof max === "number" && least > max)
      context.report(leastOverMax(context.at("/connections/least"), { name, least: String(least), max: String(max) }));
    for (const option of ["streams", "maxAge"])
      if (context.isWritten(`/connections/${option}`) && protocol === "http1" && !listsProtocols(options))
        context.report(streamsWithoutHttp2(context.key(`/connections/${option}`), { name, option }));
  },

  lower(options, context) {
    const { timeout, protocol, required, discover } = options;
    const written = endpointsOf(options, context);
    const tls = tlsOf(options, context);
    const duration = (text: string, pointer: string) => startNumber(text, parseDuration, () => context.at(pointer), "duration");
    const count = (written: number | string, pointer: string) => startNumber(written, Number, () => context.at(pointer), "count");
    const isListed = listsProtocols(options);
    const speaksHttp1 = protocol === "http1" || isListed;
    const { max, least: leastWritten, pending, idle = speaksHttp1 ? "4s" : "1m", streams } = options.connections;
    const least = leastWritten === undefined ? undefined : count(leastWritten, "/connections/least");
    const plain: Lowered<ServiceConfig> = {
      name: context.name,
      endpoints: written.map(({ url, weight }) => ({ url, weight })),
      timeout: {
        connect: duration(timeout.connect, "/timeout/connect"),
        response: duration(timeout.response, "/timeout/response"),
      },
      connections: {
        max: count(max, "/connections/max"),
        pending: count(pending, "/connections/pending"),
        idle: duration(idle, "/connections/idle"),
        streams: count(streams, "/connections/streams"),
      },
      required,
      tls: tls === undefined ? undefined : resourceRef("tls", tls.name),
      names: namesOf(options, context),
      protocol: poolsOf(options, least),
      deadline: remainingTimeOf(options),
    };
    const isManaged =
      options.health !== undefined || options.breaker !== undefined || discover !== undefined || options.subsets !== undefined;
    const isBalanced = written.length > 1 || discover !== undefined;
    const balancer = balancerOf(options, context);
    const zones = isBalanced ? zonesOf(options, context) : undefined;
    const retry = retryOf(options, plain.timeout.response, context);
    const managed = (loadBalancer: MakeIr): Lowered<ManagedServiceConfig> => ({
      ...plain,
      loadBalancer,
      watchers: [
        ...(isBalanced && goesByLoad(options) ? [make("upstream/balance/endpoint-load", "createEndpointLoads")] : []),
        ...(zones === undefined ? [] : [watchedZonesOf(context)]),
      ],
      panic: panicOf(options),
      ejection: ejectionOf(options, context),
      breakers: breakersOf(options, context),
      sticky: isBalanced ? stickyOf(options, context) : undefined,
      subsets: isBalanced ? subsetsOf(options, context) : undefined,
      grpc: protocol === "grpc" ? make("upstream/attempts/grpc-calls", "createGrpcCalls") : undefined,
      uploads: goesByTime(options, isBalanced, retry) ? make("upstream/attempts/uploads", "createUploads") : undefined,
      fallback: fallbackOf(options, context),
    });
    const lowered =
      balancer === undefined || !(isBalanced || isManaged || retry !== undefined)
        ? create<ServiceConfig>("upstream/service", "createService", plain)
        : retry === undefined
          ? create<ManagedServiceConfig>("upstream/attempts/managed-service", "createManagedService", managed(balancer))
          : retryingService(managed(balancer), retry);
    const credential = credentialOf(options, context);
    const notes = notesOf(options, context);
    const discovery = discover === undefined ? undefined : discoveryOf(options, discover, context);
    const states = [
      ...(discovery === undefined ? [] : [discovery]),
      ...(isManaged ? [statesOf(options, context)] : []),
      ...(least === undefined ? [] : [warmConnectionsOf(context)]),
    ];
    return {
      ...lowered,
      endpoints: discover === undefined ? written : discoveredEndpoints(discover, context),
      // What cannot be done over HTTP/2 cannot be relied upon where some endpoints speak it.
      protocol: protocol === "http1" && !isListed ? "http1" : "http2",
      ...(protocol === "grpc" ? { speaksGrpc: true as const } : {}),
      ...(tls === undefined ? {} : { tls }),
      ...(zones === undefined ? {} : { zones }),
      ...(credential === undefined ? {} : { credential }),
      ...(retry === undefined ? {} : { retry }),
      ...(states.length === 0 ? {} : { states }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(options.fallback?.service === undefined ? {} : { fallback: options.fallback.service }),
      summary: "",
    };
  },
});

/** It hangs on how long answers take, or on what is under way: for both, a client that is waited for is nobody's load. */
const goesByTime = (options: Service, isBalanced: boolean, retry: ServiceRetryIr | undefined): boolean =>
  (isBalanced && (goesByLoad(options) || options.loadBalancer.failover !== undefined)) ||
  options.health?.passive?.slower !== undefined ||
  options.breaker?.slow !== undefined ||
  retry?.hedge !== undefined;

/** Undefined: HTTP/1.1, and nothing else. */
function poolsOf(options: Service, least: NumberIr | undefined): MakeIr | RuntimeFunctionIr | undefined {
  if (listsProtocols(options))
    return make<ListedPoolsConfig>("upstream/http2/listed-pools", "createListedPools", {
      pools: [
        { protocol: "http/1.1", create: http1PoolsOf(least) ?? make("upstream/origin-pool", "createOriginPools") },
        { protocol: "h2", create: http2PoolsOf(options, least) },
      ],
    });
  return options.protocol === "http1" ? http1PoolsOf(least) : http2PoolsOf(options, least);
}

const http1PoolsOf = (least: NumberIr | undefined): MakeIr | undefined =>
  least === undefined ? undefined : make<WarmPoolsConfig>("upstream/warm/warm-origin-pool", "createWarmPools", { least });

function http2PoolsOf({ connections }: Service, least: NumberIr | undefined): MakeIr | RuntimeFunctionIr {
  const maxAge = connections.maxAge === undefined ? undefined : parseDuration(connections.maxAge);
  if (least !== undefined)
    return make<WarmHttp2PoolsConfig>("upstream/warm/warm-http2-pool", "createWarmHttp2Pools", { least, maxAge });
  return maxAge === undefined
    ? runtimeFunction("upstream/http2/http2-pool", "http2Pool")
    : make<AgingPoolsConfig>("upstream/http2/http2-pool", "createAgingPools", { maxAge });
}

function warmConnectionsOf({ name, origin }: ServiceContext): ResourceIr<"serviceStates"> {
  return {
    kind: "resource",
    room: "serviceStates",
    type: "service",
    name: `${name}.connections`,
    ...create<WarmConnectionsConfig>("upstream/warm/warm-connections", "createWarmConnections", {
      service: resourceRef("services", name),
    }),
    roles: ["living"],
    summary: "kept for requests to come",
    origin,
  };
}

function statesOf(options: Service, context: ServiceContext): ResourceIr<"serviceStates"> {
  const { name, origin } = context;
  const config: Lowered<ServiceStatesConfig> = { service: resourceRef("services", name), active: activeOf(options, context) };
  return {
    kind: "resource",
    room: "serviceStates",
    type: "service",
    name,
    ...create<ServiceStatesConfig>("upstream/health/service-states", "createServiceStates", config),
    roles: ["living"],
    summary: "what is known of its endpoints",
    origin,
  };
}

function endpointsOf({ endpoints }: Service, context: ResourceContext): ServiceIr["endpoints"] {
  return endpoints.map((endpoint, index) => {
    const origin = context.at(`/endpoints/${index}`);
    if (typeof endpoint === "string") return { url: startValue(endpoint, origin, "endpoint"), weight: 1, origin };
    const { url, weight } = endpoint;
    return { url: startValue(url, context.at(`/endpoints/${index}/url`), "endpoint"), weight, origin };
  });
}

function tlsOf(options: Service, context: ResourceContext): ResourceIr<"tls"> | undefined {
  const { tls = {}, protocol } = options;
  if (!urlsOf(options).some(mayBeSecure)) return undefined;
  const { ca, certificate, key, serverName, pins } = tls;
  const source = (from: SecretReference | undefined, pointer: string): Lowered<PemSource> | undefined => {
    if (from === undefined) return undefined;
    const pem = context.secret(from, pointer);
    return { pem, from: placeOf(pem.origin, ` ${secretSource(from)}`) };
  };
  const lowered = create<TlsConfig>("upstream/tls", "createTls", {
    service: context.name,
    ca: source(ca, "/tls/ca"),
    certificate: source(certificate, "/tls/certificate"),
    key: source(key, "/tls/key"),
    serverName,
    protocol: protocol === "http1" ? "http/1.1" : "h2",
    files: pemFiles({ ca, certificate, key }),
    ...(pins === undefined
      ? {}
      : { pins: make<PinsConfig>("upstream/pins", "createPins", { pins: pins.map((pin) => pin.slice("sha256/".length)) }) }),
  });
  const { name, origin } = context;
  const about = { kind: "resource", room: "tls", type: "service", name: `services.${name}`, summary: "", origin } as const;
  // Without certificates of its own, it has nothing that could be replaced.
  return { ...about, ...lowered, ...(ca === undefined && certificate === undefined ? {} : { roles: ["living"] as const }) };
}

function namesOf(options: Service, context: ResourceContext): MakeIr | undefined {
  if (!urlsOf(options).some(mayHaveName)) return undefined;
  const { servers, ttl } = options.resolver;
  return make<NamesConfig>("upstream/names", "createNames", {
    service: context.name,
    servers: servers?.map((server, index) => startValue(server, context.at(`/resolver/servers/${index}`))),
    ttl: { min: parseDuration(ttl.min), max: parseDuration(ttl.max) },
  });
}

/** A setting in front may hold the scheme. */
const mayBeSecure = (url: string): boolean => url.startsWith("https:") || url.startsWith("${env:");

function mayHaveName(url: string): boolean {
  const host = /^https?:\/\/([^/]*)/.exec(url)?.[1];
  if (host === undefined || host.includes("${env:")) return true;
  const { hostname } = new URL(url.replaceAll(/\$\{env:[^}]*\}/g, "1"));
  return isIP(hostname.replace(/^\[(.*)\]$/, "$1")) === 0;
}
