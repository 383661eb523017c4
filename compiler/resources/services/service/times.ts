import type { usualLookMs } from "../../../../runtime/files/followed-files.ts";
import type { longestWaitMs } from "../../../../runtime/upstream/discovery/consul/consul-source.ts";
import type { pulseMs } from "../../../../runtime/upstream/discovery/etcd/watch.ts";
import type { longestSilenceMs } from "../../../../runtime/upstream/discovery/kubernetes/api-server.ts";
import type { Service, ServiceDiscover } from "../../../../schema/resources.gen.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { durationText } from "../../../text/duration-text.ts";
import { parseDuration } from "../../../text/formats.ts";
import { noTime, staleBetweenLooks } from "./messages.gen.ts";

/** Reports durations of nothing where that would make a busy loop, or count for ever. */
export function checkTimes(options: Service, context: ServiceContext): void {
  const { health, breaker, retry, loadBalancer, discover, resolver } = options;
  const asksDns = discover?.dns !== undefined || discover?.srv !== undefined;
  const times: readonly (readonly [pointer: string, value: string | undefined, example: string])[] = [
    ["/health/active/interval", health?.active?.interval, "5s"],
    ["/health/active/timeout", health?.active?.timeout, "1s"],
    ["/health/passive/window", health?.passive?.window, "10s"],
    ["/health/passive/eject", health?.passive?.eject, "30s"],
    ["/breaker/window", breaker?.window, "10s"],
    ["/breaker/open", breaker?.open, "5s"],
    ["/breaker/slow", breaker?.slow, "2s"],
    ["/retry/perTry", retry?.perTry, "2s"],
    ["/loadBalancer/slowStart", loadBalancer.slowStart, "30s"],
    ["/discover/http/interval", discover?.http?.interval, "10s"],
    ["/discover/redis/interval", discover?.redis?.interval, "10s"],
    ["/discover/eureka/interval", discover?.eureka?.interval, "10s"],
    ["/resolver/ttl/min", asksDns ? resolver.ttl.min : undefined, "1s"],
  ];
  for (const [pointer, value, example] of times) {
    if (value === undefined || parseDuration(value) > 0) continue;
    const option = pointer.slice(1).replaceAll("/", ".");
    context.report(noTime(context.at(pointer), { option, name: context.name, value, example }));
  }
  const between = discover === undefined ? 0 : betweenLooks(discover, parseDuration(resolver.ttl.max));
  if (discover !== undefined && parseDuration(discover.maxStale) <= between)
    context.report(
      staleBetweenLooks(context.key("/discover/maxStale"), { maxStale: discover.maxStale, between: durationText(between) }),
    );
}

/** Milliseconds between two looks at a registry that answers, at most. `ttl`: the longest of records. */
function betweenLooks(discover: ServiceDiscover, ttl: number): number {
  const { http, redis, eureka, dns, srv, consul, etcd, kubernetes } = discover;
  const asked = http ?? redis ?? eureka;
  if (asked !== undefined) return parseDuration(asked.interval);
  if (dns !== undefined || srv !== undefined) return ttl;
  if (consul !== undefined) return consulMs;
  if (etcd !== undefined) return etcdMs;
  return kubernetes === undefined ? fileMs : kubernetesMs;
}

/** None of them compiles unless it is what the source of the runtime goes by. */
const consulMs: typeof longestWaitMs = 32_000;
const etcdMs: typeof pulseMs = 15_000;
const kubernetesMs: typeof longestSilenceMs = 70_000;
const fileMs: typeof usualLookMs = 30_000;
