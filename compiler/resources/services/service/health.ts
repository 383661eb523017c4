import type { EjectionConfig } from "../../../../runtime/upstream/attempts/ejection.ts";
import type { PanicConfig } from "../../../../runtime/upstream/attempts/panic.ts";
import type { GrpcCheckConfig } from "../../../../runtime/upstream/health/grpc-check.ts";
import type { HttpCheckConfig } from "../../../../runtime/upstream/health/http-check.ts";
import type { ActiveHealthConfig } from "../../../../runtime/upstream/health/prober.ts";
import type { ActiveHealth, ExpectedHealth, PassiveHealth, Service } from "../../../../schema/resources.gen.ts";
import { type Lowered, type MakeIr, make, runtimeFunction } from "../../../ir/config.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { token } from "../../../text/edits.ts";
import { forbiddenField, invalidFieldValue } from "../../../text/field.ts";
import { parseDuration, parsePercentage } from "../../../text/formats.ts";
import { startValue } from "../../../text/setting.ts";
import { list } from "../../../text/words.ts";
import {
  checkField,
  checkKind,
  ejectBounds,
  grpcWithoutHttp2,
  headWithoutBody,
  headWithoutDependencies,
  httpOptionUnused,
  nothingEjected,
  panicWithoutHealth,
} from "./messages.gen.ts";

/** What only checks over HTTP have. */
const httpOptions = ["method", "host", "headers", "expect", "dependencies"] as const;

export function checkHealth({ health, endpoints, discover, protocol }: Service, context: ServiceContext): void {
  if (health === undefined) return;
  const { active, passive } = health;
  if (active === undefined && passive === undefined) context.report(panicWithoutHealth(context.key("/health"), {}));
  if (active !== undefined) checkActive(active, protocol, context);
  if (passive === undefined) return;
  if (discover === undefined && Math.floor(endpoints.length * parsePercentage(passive.most)) < 1)
    context.report(
      nothingEjected(context.key("/health/passive"), { count: String(endpoints.length), most: passive.most, name: context.name }),
    );
  if (parseDuration(passive.eject) > parseDuration(passive.maxEject))
    context.report(ejectBounds(context.at("/health/passive/maxEject"), { eject: passive.eject, maxEject: passive.maxEject }));
}

function checkActive(active: ActiveHealth, protocol: Service["protocol"], context: ServiceContext): void {
  const kinds = (["path", "grpc", "tcp"] as const).filter((kind) => active[kind] !== undefined);
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? "none of them" : list(kinds.map((kind) => `\`${kind}\``));
    context.report(
      checkKind(kinds.length === 0 ? context.key("/health/active") : context.key(`/health/active/${kinds[1]}`), { found }),
    );
  }
  if (active.grpc !== undefined && protocol === "http1")
    context.report(grpcWithoutHttp2(context.key("/health/active/grpc"), { name: context.name }));
  if (active.path !== undefined && active.method === "HEAD") {
    if (active.expect.body !== undefined) context.report(headWithoutBody(context.at("/health/active/expect/body"), {}));
    if (active.dependencies) context.report(headWithoutDependencies(context.key("/health/active/dependencies"), {}));
  }
  if (active.path === undefined)
    for (const option of httpOptions)
      if (context.isWritten(`/health/active/${option}`))
        context.report(httpOptionUnused(context.key(`/health/active/${option}`), { option }));
  for (const [name, value] of Object.entries(active.headers ?? {})) {
    const problem = forbiddenField(name) ?? invalidFieldValue(value);
    if (problem !== undefined) context.report(checkField(context.at(`/health/active/headers/${token(name)}`), { name }));
  }
}

export function activeOf({ health }: Service, context: ServiceContext): Lowered<ActiveHealthConfig> | undefined {
  const active = health?.active;
  if (active === undefined) return undefined;
  const { port, interval, timeout, healthy, unhealthy, dependencies } = active;
  return {
    check: checkOf(active, context),
    dependencies: dependencies ? runtimeFunction("upstream/health/dependencies", "readDependencies") : undefined,
    port,
    interval: parseDuration(interval),
    timeout: parseDuration(timeout),
    healthy,
    unhealthy,
  };
}

function checkOf({ path, method, host, headers = {}, expect, grpc }: ActiveHealth, context: ServiceContext): MakeIr | undefined {
  if (grpc !== undefined)
    return make<GrpcCheckConfig>("upstream/health/grpc-check", "createGrpcCheck", { service: grpc.service });
  if (path === undefined) return undefined;
  const at = (pointer: string) => context.at(`/health/active/${pointer}`);
  return make<HttpCheckConfig>("upstream/health/http-check", "createHttpCheck", {
    method,
    path,
    host: host === undefined ? undefined : startValue(host, at("host")),
    headers: Object.entries(headers).map(([name, value]) => ({ name, value: startValue(value, at(`headers/${token(name)}`)) })),
    statuses: expect.status.map(rangeOf),
    field: expect.field,
    body: expect.body,
  });
}

const rangeOf = (status: ExpectedHealth["status"][number]): readonly [number, number] => {
  if (typeof status === "number") return [status, status];
  const first = Number(status[0]) * 100;
  return [first, first + 99];
};

export function ejectionOf({ health }: Service, context: ServiceContext): MakeIr | undefined {
  const passive = health?.passive;
  if (passive === undefined) return undefined;
  return make<EjectionConfig>("upstream/attempts/ejection", "createEjection", ejectionConfig(passive, context.name));
}

const ejectionConfig = (passive: PassiveHealth, service: string): Lowered<EjectionConfig> => ({
  service,
  consecutive: passive.consecutive,
  errorRate: passive.errorRate === undefined ? undefined : parsePercentage(passive.errorRate),
  slower: passive.slower,
  minimum: passive.minimum,
  window: parseDuration(passive.window),
  eject: parseDuration(passive.eject),
  maxEject: parseDuration(passive.maxEject),
  most: parsePercentage(passive.most),
});

export const panicOf = ({ health }: Service): PanicConfig | undefined =>
  health === undefined ? undefined : { below: parsePercentage(health.panic.below), refuses: health.panic.then === "refuse" };
