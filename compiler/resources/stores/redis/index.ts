import type { RedisServer, RedisStoreConfig, RedisTls } from "../../../../runtime/stores/redis/config.ts";
import type { largestEntry } from "../../../../runtime/stores/redis/redis-entries.ts";
import type { RedisOptions } from "../../../../schema/resources.gen.ts";
import { type Lowered, placeOf, type StartValueIr } from "../../../ir/config.ts";
import { create, defineResource, type ResourceContext } from "../../../resource/contract.ts";
import { parseDuration } from "../../../text/formats.ts";
import { settingPattern, startValue } from "../../../text/setting.ts";
import { list } from "../../../text/words.ts";
import {
  certificateWithoutKey,
  databaseInCluster,
  notNode,
  notOneServer,
  notRedisUrl,
  passwordInUrl,
  severalServers,
} from "./messages.gen.ts";

/** Bytes of all that is kept of a key, which does not compile unless it is what the runtime takes. */
const mostBytes: typeof largestEntry = 8_388_608;

export const redisStore = defineResource<RedisOptions, "stores">({
  room: "stores",
  name: "redis",
  gives: ["counters", "values", "records", "tables", "claims", "answers", "registry"],
  mayFail: true,
  largestAnswer: () => mostBytes,

  check(options, context) {
    const { url, sentinel, tls, database, cluster } = options;
    const ways = waysOf(options);
    if (ways.length === 0) context.report(notOneServer(context.origin, { name: context.name }));
    if (ways.length > 1)
      context.report(severalServers(context.at(`/${ways[1]}`), { ways: list(ways.map((way) => `\`${way}\``)) }));
    if (typeof url === "string") checkUrl(url, context);
    if (sentinel !== undefined) checkNodes(sentinel.nodes, "sentinel", context);
    if (cluster !== undefined) checkNodes(cluster.nodes, "cluster", context);
    if (tls !== undefined && (tls.certificate === undefined) !== (tls.key === undefined)) {
      const [found, missing] = tls.key === undefined ? (["certificate", "key"] as const) : (["key", "certificate"] as const);
      context.report(certificateWithoutKey(context.at(`/tls/${found}`), { found, missing }));
    }
    if (cluster !== undefined && database !== undefined && database !== 0)
      context.report(databaseInCluster(context.at("/database"), { database: String(database) }));
  },

  lower(options, context) {
    const { username, password, database, keyPrefix, timeout, maxPending, breaker, required } = options;
    return {
      ...create<RedisStoreConfig>("stores/redis/redis-store", "createRedisStore", {
        name: context.name,
        gateway: context.gateway,
        from: placeOf(context.origin),
        server: serverOf(options, context),
        user: username,
        password: password === undefined ? undefined : context.secret(password, "/password"),
        database,
        keyPrefix: keyPrefix ?? `${context.gateway}:`,
        timeout: parseDuration(timeout),
        inFlight: maxPending,
        breaker: { misses: breaker.failures, open: parseDuration(breaker.open) },
        tls: tlsOf(options, context),
        required,
      }),
      roles: ["living", "adminRoutes"],
      summary: summaryOf(options),
    };
  },
});

const waysOf = (options: RedisOptions) => (["url", "sentinel", "cluster"] as const).filter((way) => options[way] !== undefined);

/** Where it is known before the start what the text becomes. */
function checkUrl(text: string, context: ResourceContext): void {
  const shown = text.replaceAll(settingPattern, "1");
  // A password as it is may have whatever ends the authority of a URL.
  if (/^rediss?:\/\/[^@]*:.*@/.test(shown)) context.report(passwordInUrl(context.at("/url"), {}));
  else if (!text.startsWith("${env:") && !(/^rediss?:\/\//.test(shown) && URL.canParse(shown)))
    context.report(notRedisUrl(context.at("/url"), { url: text }));
}

function checkNodes(nodes: readonly string[], way: string, context: ResourceContext): void {
  for (const [index, node] of nodes.entries())
    if (!/^[^@/\s]+$/.test(node.replaceAll(settingPattern, "1")))
      context.report(notNode(context.at(`/${way}/nodes/${index}`), { node }));
}

function serverOf(options: RedisOptions, context: ResourceContext): Lowered<RedisServer> {
  const { url, sentinel, cluster } = options;
  const scheme = options.tls === undefined ? "redis" : "rediss";
  const urls = (nodes: readonly string[], at: string): (StartValueIr | string)[] =>
    nodes.map((node, index) => startValue(`${scheme}://${node}`, context.at(`/${at}/nodes/${index}`)));
  if (sentinel !== undefined) {
    const { nodes, name, username, password } = sentinel;
    const at = "/sentinel/password";
    return {
      kind: "sentinel",
      urls: urls(nodes, "sentinel"),
      group: name,
      user: username,
      password: password === undefined ? undefined : context.secret(password, at),
    };
  }
  if (cluster !== undefined) return { kind: "cluster", urls: urls(cluster.nodes, "cluster") };
  // Checked above: one of the three is there.
  return { kind: "single", url: typeof url === "object" ? context.secret(url, "/url") : startValue(url!, context.at("/url")) };
}

function tlsOf({ tls }: RedisOptions, context: ResourceContext): Lowered<RedisTls> | undefined {
  if (tls === undefined) return undefined;
  const secret = (key: "ca" | "certificate" | "key"): StartValueIr | undefined =>
    tls[key] === undefined ? undefined : context.secret(tls[key], `/tls/${key}`);
  return { ca: secret("ca"), certificate: secret("certificate"), key: secret("key"), serverName: tls.serverName };
}

function summaryOf({ url, sentinel, cluster, tls }: RedisOptions): string {
  const where =
    sentinel !== undefined
      ? `Sentinel ${sentinel.name}`
      : cluster !== undefined
        ? `cluster of ${cluster.nodes[0]}`
        : typeof url === "string"
          ? url
          : url !== undefined && "env" in url
            ? `URL of ${url.env}`
            : `URL of ${url?.file}`;
  return `${where}${tls === undefined ? "" : ", TLS"}`;
}
