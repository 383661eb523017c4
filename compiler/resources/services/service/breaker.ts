import type { FixedAnswerConfig } from "../../../../runtime/answers/fixed-answer.ts";
import type { BreakersConfig } from "../../../../runtime/upstream/attempts/breakers.ts";
import type { FallbackServiceConfig } from "../../../../runtime/upstream/attempts/fallback-service.ts";
import type { FallbackAnswer, Service } from "../../../../schema/resources.gen.ts";
import { suggestion } from "../../../diagnostics/suggest.ts";
import { type Lowered, type MakeIr, make } from "../../../ir/config.ts";
import { resourceRef } from "../../../ir/resource.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { token } from "../../../text/edits.ts";
import { forbiddenField, invalidFieldValue } from "../../../text/field.ts";
import { parseDuration, parsePercentage } from "../../../text/formats.ts";
import { startValue } from "../../../text/setting.ts";
import {
  fallbackCircle,
  fallbackField,
  fallbackUnused,
  openBounds,
  slowRateWithoutSlow,
  unknownFallback,
} from "./messages.gen.ts";

export function checkBreaker(options: Service, context: ServiceContext): void {
  const { breaker, health, fallback } = options;
  if (breaker !== undefined) {
    if ((breaker.slow === undefined) !== (breaker.slowRate === undefined)) {
      const found = breaker.slow === undefined ? "slowRate" : "slow";
      context.report(
        slowRateWithoutSlow(context.key(`/breaker/${found}`), { found, missing: found === "slow" ? "slowRate" : "slow" }),
      );
    }
    if (parseDuration(breaker.open) > parseDuration(breaker.maxOpen))
      context.report(openBounds(context.at("/breaker/maxOpen"), { open: breaker.open, maxOpen: breaker.maxOpen }));
  }
  if (fallback === undefined) return;
  if (breaker === undefined && health === undefined) context.report(fallbackUnused(context.key("/fallback"), {}));
  if (fallback.service !== undefined) checkFallbackService(fallback.service, context);
  for (const [name, value] of Object.entries(fallback.respond?.headers ?? {}))
    if (forbiddenField(name) !== undefined || invalidFieldValue(value) !== undefined || name.toLowerCase() === "content-type")
      context.report(fallbackField(context.at(`/fallback/respond/headers/${token(name)}`), { name }));
}

function checkFallbackService(to: string, context: ServiceContext): void {
  const at = context.at("/fallback/service");
  if (context.services[to] === undefined) {
    const known = Object.keys(context.services).filter((name) => name !== context.name);
    context.report(unknownFallback(at, { service: to, suggestion: suggestion(to, known) }));
    return;
  }
  const way = [context.name];
  for (let next: string | undefined = to; next !== undefined; next = context.services[next]?.fallback?.service) {
    if (way.includes(next)) {
      context.report(fallbackCircle(at, { way: [...way, next].join(" → ") }));
      return;
    }
    way.push(next);
  }
}

export function breakersOf({ breaker }: Service, context: ServiceContext): MakeIr | undefined {
  if (breaker === undefined) return undefined;
  return make<BreakersConfig>("upstream/attempts/breakers", "createBreakers", {
    service: context.name,
    perOperation: breaker.per === "operation",
    errorRate: parsePercentage(breaker.errorRate),
    slowRate: breaker.slowRate === undefined ? undefined : parsePercentage(breaker.slowRate),
    slowMs: breaker.slow === undefined ? undefined : parseDuration(breaker.slow),
    consecutive: breaker.consecutive,
    minimum: breaker.minimum,
    window: parseDuration(breaker.window),
    open: parseDuration(breaker.open),
    maxOpen: parseDuration(breaker.maxOpen),
    probes: breaker.probes,
  });
}

export function fallbackOf({ fallback }: Service, context: ServiceContext): MakeIr | undefined {
  if (fallback?.service !== undefined)
    return make<FallbackServiceConfig>("upstream/attempts/fallback-service", "createFallbackService", {
      service: resourceRef("services", fallback.service),
    });
  if (fallback?.respond === undefined) return undefined;
  return make<FixedAnswerConfig>("upstream/attempts/fallback", "createFallbackAnswer", answerOf(fallback.respond, context));
}

function answerOf(
  { status, headers = {}, body, contentType }: FallbackAnswer,
  context: ServiceContext,
): Lowered<FixedAnswerConfig> {
  const usual = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  const type = contentType ?? (body === undefined ? undefined : usual);
  const lines = Object.entries(headers).map(([name, value]) => ({
    name,
    value: startValue(value, context.at(`/fallback/respond/headers/${token(name)}`)),
  }));
  return {
    status,
    headers: type === undefined ? lines : [{ name: "Content-Type", value: type }, ...lines],
    body:
      body === undefined
        ? ""
        : typeof body === "string"
          ? startValue(body, context.at("/fallback/respond/body"))
          : JSON.stringify(body),
  };
}
