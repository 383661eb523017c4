import type { Service } from "../../../../schema/resources.gen.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { parseDuration } from "../../../text/formats.ts";
import { noTime } from "./messages.gen.ts";

/** Reports durations of nothing where that would make a busy loop, or count for ever. */
export function checkTimes({ health, breaker, retry, loadBalancer }: Service, context: ServiceContext): void {
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
  ];
  for (const [pointer, value, example] of times) {
    if (value === undefined || parseDuration(value) > 0) continue;
    const option = pointer.slice(1).replaceAll("/", ".");
    context.report(noTime(context.at(pointer), { option, name: context.name, value, example }));
  }
}
