import type { ConsulSourceConfig } from "../../../../runtime/upstream/discovery/consul/consul-source.ts";
import type { DiscoveryConfig } from "../../../../runtime/upstream/discovery/discovery.ts";
import type { DnsSourceConfig } from "../../../../runtime/upstream/discovery/dns/dns-source.ts";
import type { FileSourceConfig } from "../../../../runtime/upstream/discovery/file-source.ts";
import type { HttpSourceConfig } from "../../../../runtime/upstream/discovery/http-source.ts";
import type { ListedProtocolsConfig } from "../../../../runtime/upstream/discovery/listed-protocols.ts";
import type { Service, ServiceDiscover } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make, runtimeFunction } from "../../../ir/config.ts";
import type { ServiceIr } from "../../../ir/gateway.ts";
import { type ResourceIr, resourceRef } from "../../../ir/resource.ts";
import { create, type ServiceContext } from "../../../resource/contract.ts";
import { followedTls } from "../../../resource/followed-tls.ts";
import { parseDuration, parsePercentage } from "../../../text/formats.ts";
import { startValue } from "../../../text/setting.ts";
import { list } from "../../../text/words.ts";
import { discoverKind, dnsWithoutPort, endpointsTwofold, noEndpoints, protocolNotListed } from "./messages.gen.ts";
import { etcd } from "./registries/etcd.ts";
import { eureka } from "./registries/eureka.ts";
import { kubernetes } from "./registries/kubernetes.ts";
import { redis } from "./registries/redis.ts";
import { checkUrl, optionOf, type Registry, secretOf, startUrl } from "./registries/registry.ts";
import { metadataNames } from "./subsets.ts";

const kinds = ["file", "http", "dns", "srv", "consul", "etcd", "redis", "eureka", "kubernetes"] as const;

/** Of the kinds that have a page of their own here: the one that is written, with its options. */
function registryOf(
  discover: ServiceDiscover,
): (<Result>(use: <Options>(registry: Registry<Options>, options: Options) => Result) => Result) | undefined {
  const { etcd: etcdOptions, redis: redisOptions, eureka: eurekaOptions, kubernetes: kubernetesOptions } = discover;
  if (etcdOptions !== undefined) return (use) => use(etcd, etcdOptions);
  if (redisOptions !== undefined) return (use) => use(redis, redisOptions);
  if (eurekaOptions !== undefined) return (use) => use(eureka, eurekaOptions);
  if (kubernetesOptions !== undefined) return (use) => use(kubernetes, kubernetesOptions);
  return undefined;
}

const kindsOf = (discover: ServiceDiscover) => kinds.filter((kind) => discover[kind] !== undefined);

export function checkDiscover({ endpoints, discover, protocol }: Service, context: ServiceContext): void {
  const { name } = context;
  if (discover === undefined) {
    if (endpoints.length === 0) context.report(noEndpoints(context.origin, { name }));
    return;
  }
  if (endpoints.length > 0) context.report(endpointsTwofold(context.key("/discover"), { name }));
  const [first, second] = kindsOf(discover);
  if (first === undefined) context.report(discoverKind(context.key("/discover"), { kinds: list(named), found: "none of them" }));
  if (second !== undefined) {
    const found = list(kindsOf(discover).map((kind) => `\`${kind}\``));
    context.report(discoverKind(context.key(`/discover/${second}`), { kinds: list(named), found }));
  }
  if (discover.protocol === "listed") {
    const reason =
      protocol === "grpc"
        ? "with `protocol: grpc`, all endpoints speak HTTP/2"
        : first === "dns" || first === "srv"
          ? "records of DNS name no protocol"
          : undefined;
    if (reason !== undefined) context.report(protocolNotListed(context.key("/discover/protocol"), { reason }));
  }
  if (discover.dns !== undefined && discover.port === undefined)
    context.report(dnsWithoutPort(context.key("/discover/dns"), { name: discover.dns.name }));
  const urls = { "http/url": discover.http?.url, "consul/address": discover.consul?.address };
  for (const [option, url] of Object.entries(urls)) if (url !== undefined) checkUrl(url, option, context);
  registryOf(discover)?.((registry, written) => registry.check(written, context));
}

const named = kinds.map((kind) => `\`${kind}\``);

/** URLs of the endpoints, as far as the build knows them: of those that are discovered, what all of them have. */
export const urlsOf = ({ endpoints, discover }: Service): string[] =>
  discover === undefined
    ? endpoints.map((endpoint) => (typeof endpoint === "string" ? endpoint : endpoint.url))
    : [`${discover.scheme}://${discover.dns === undefined ? "discovered" : "127.0.0.1"}`];

/** Stands for all endpoints that a registry lists: scheme and path are those of the configuration, whatever it says. */
export function discoveredEndpoints(discover: ServiceDiscover, context: ServiceContext): ServiceIr["endpoints"] {
  const { scheme, path } = discover;
  const place = sourceText(discover).replaceAll(/[/ ]+/g, ":");
  return [{ url: `${scheme}://{${place}}${path === "/" ? "" : path}`, weight: 1, origin: context.key("/discover") }];
}

/** As `explain` names it. */
export function sourceText(discover: ServiceDiscover): string {
  const { file, http, dns, srv, consul } = discover;
  if (file !== undefined) return `file ${file.path}`;
  if (dns !== undefined) return `DNS ${dns.name}`;
  if (srv !== undefined) return `DNS SRV ${srv.name}`;
  if (consul !== undefined) return `Consul ${consul.address}, service ${consul.service}`;
  if (http !== undefined) return http.url;
  return registryOf(discover)?.((registry, written) => registry.text(written)) ?? "";
}

/** Each endpoint is reached over the version of HTTP that its registry names. */
export const listsProtocols = ({ discover }: Service): boolean => discover?.protocol === "listed";

function protocolsOf(options: Service): MakeIr | undefined {
  const { protocol, discover } = options;
  if (discover === undefined || !listsProtocols(options)) return undefined;
  return make<ListedProtocolsConfig>("upstream/discovery/listed-protocols", "createListedProtocols", {
    otherwise: protocol === "http1" ? "http/1.1" : "h2",
    scheme: discover.scheme,
  });
}

/** The living thing that finds the endpoints. */
export function discoveryOf(
  options: Service,
  discover: ServiceDiscover,
  context: ServiceContext,
): ResourceIr<"serviceStates"> | undefined {
  const source = sourceOf(options, discover, context);
  if (source === undefined) return undefined;
  const { name, origin } = context;
  const { scheme, path, port, maxStale, shrink, confirm } = discover;
  return {
    kind: "resource",
    room: "serviceStates",
    type: "service",
    name: `${name}.discovery`,
    ...create<DiscoveryConfig>("upstream/discovery/discovery", "createDiscovery", {
      service: resourceRef("services", name),
      source,
      terms: {
        scheme,
        path: path.replace(/\/$/, ""),
        ...(port === undefined ? {} : { port }),
        metadata: metadataNames(options),
        protocols: protocolsOf(options),
      },
      maxStale: parseDuration(maxStale),
      shrink: parsePercentage(shrink),
      confirm: parseDuration(confirm),
    }),
    roles: ["living"],
    summary: `finds its endpoints by ${sourceText(discover)}`,
    origin,
  };
}

function sourceOf(options: Service, discover: ServiceDiscover, context: ServiceContext): MakeIr | undefined {
  const { file, http, dns, srv, consul, maxStale } = discover;
  if (file !== undefined) {
    const { path } = file;
    return make<FileSourceConfig>("upstream/discovery/file-source", "createFileSource", {
      path,
      ...(/\.ya?ml$/i.test(path) ? { inSteps: runtimeFunction("files/yaml", "yamlInSteps") } : {}),
    });
  }
  const name = dns?.name ?? srv?.name;
  if (name !== undefined) {
    const { servers, ttl } = options.resolver;
    return make<DnsSourceConfig>("upstream/discovery/dns/dns-source", "createDnsSource", {
      service: context.name,
      name,
      kind: dns === undefined ? "services" : "addresses",
      servers: servers?.map((server, index) => startValue(server, context.at(`/resolver/servers/${index}`))),
      ttl: { min: parseDuration(ttl.min), max: parseDuration(ttl.max) },
      maxStale: parseDuration(maxStale),
    });
  }
  if (consul !== undefined) {
    const { address, service, datacenter, tag, token, ca } = consul;
    return make<ConsulSourceConfig>("upstream/discovery/consul/consul-source", "createConsulSource", {
      address: startUrl(address, "consul/address", context),
      service,
      datacenter,
      tag,
      token: secretOf(token, "consul/token", context),
      tls: followedTls(optionOf("consul", context), { ca }, (pem) => context.at(`/discover/consul/${pem}`)),
    });
  }
  if (http === undefined) return registryOf(discover)?.((registry, written) => registry.source(written, context, options));
  const { url, interval, token, ca } = http;
  return make<HttpSourceConfig>("upstream/discovery/http-source", "createHttpSource", {
    url: startUrl(url, "http/url", context),
    interval: parseDuration(interval),
    token: secretOf(token, "http/token", context),
    tls: followedTls(optionOf("http", context), { ca }, (pem) => context.at(`/discover/http/${pem}`)),
  });
}
