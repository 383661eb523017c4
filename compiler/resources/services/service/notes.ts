import type { Service } from "../../../../schema/resources.gen.ts";
import type { ServiceNote } from "../../../ir/gateway.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { sourceText } from "./discover.ts";
import { subsetTexts } from "./subsets.ts";

/** What `explain` says of a service beside its endpoints. */
export function notesOf(options: Service, context: ServiceContext): ServiceNote[] {
  const { endpoints, discover, connections, loadBalancer, sticky, subsets, health, breaker, fallback, deadline, protocol } =
    options;
  const note = (about: string, pointer: string, parts: readonly (string | undefined)[]): ServiceNote => ({
    about,
    text: parts.filter((part) => part !== undefined).join(", "),
    origin: context.isWritten(pointer) ? context.key(pointer) : context.origin,
  });
  const notes: ServiceNote[] = [];
  if (deadline !== undefined) {
    const { field, unit = "ms" } = deadline;
    notes.push(
      note("deadline", "/deadline", [
        "what is left of the time of an attempt",
        field === undefined ? undefined : `in ${field}, in ${unit === "ms" ? "milliseconds" : "seconds"}`,
        protocol === "http1" ? undefined : "for gRPC calls in grpc-timeout",
      ]),
    );
  }
  if (discover !== undefined) {
    const { scheme, protocol: listed, maxStale, shrink, confirm } = discover;
    notes.push(
      note("discover", "/discover", [
        sourceText(discover),
        `all of them over ${scheme}`,
        listed === "listed" ? `each over the version of HTTP that is listed for it, or ${protocol}` : undefined,
        confirm === "0s"
          ? "every set is believed at once"
          : `none, or fewer than ${shrink} of them, is confirmed after ${confirm}`,
        `used for ${maxStale} where it cannot be read`,
      ]),
    );
  }
  if (endpoints.length > 1 || discover !== undefined) {
    const { algorithm, key, zone, region, slowStart, failover } = loadBalancer;
    const hasPriorities = endpoints.some((endpoint) => typeof endpoint !== "string" && endpoint.priority !== 0);
    notes.push(
      note("balance", "/loadBalancer", [
        key === undefined ? algorithm : `${algorithm} by ${key}`,
        hasPriorities ? "by priority" : undefined,
        zone === undefined ? undefined : `zone ${zone} first`,
        region === undefined ? undefined : `${zone === undefined ? "" : "then "}its region (${region.join(", ")})`,
        slowStart === undefined ? undefined : `slow start ${slowStart}`,
      ]),
    );
    if (failover !== undefined)
      notes.push(
        note("fail-over", "/loadBalancer/failover", [
          failover.by === "latency" ? "to the quickest of the zones that are equally near" : "to the next zones, which share",
          failover.slower === undefined ? undefined : `also where a zone is ${failover.slower} times as slow as one further away`,
          `${failover.probe} of the requests at most measure zones that would get none`,
        ]),
      );
    if (subsets !== undefined)
      notes.push(note("subsets", "/subsets", [...subsetTexts(subsets), ...(subsets.at(-1)?.when === undefined ? [] : ["all others: any endpoint"])])); // biome-ignore format: one line
    if (sticky !== undefined) notes.push(note("sticky", "/sticky", [`by the cookie ${sticky.cookie}`]));
  }
  const { least } = connections;
  if (least !== undefined)
    notes.push(
      note("kept", "/connections/least", [`${least} connections at least to each endpoint, in each worker`, "one ahead"]),
    );
  const { active, passive, panic } = health ?? {};
  if (active !== undefined) {
    const kind = active.path ?? (active.grpc === undefined ? "a connection" : "gRPC health");
    const times = `every ${active.interval}, within ${active.timeout}`;
    notes.push(
      note("checks", "/health/active", [
        kind,
        times,
        `${active.unhealthy} bad or ${active.healthy} good in a row decide`,
        active.dependencies ? "shows its dependencies" : undefined,
      ]),
    );
  }
  if (passive !== undefined) {
    const { consecutive, errorRate, minimum, slower, eject, most } = passive;
    notes.push(
      note("ejection", "/health/passive", [
        `after ${consecutive} failures in a row`,
        errorRate === undefined ? undefined : `at ${errorRate} of ${minimum} or more`,
        slower === undefined ? undefined : `where ${slower} times as slow as others`,
        `for ${eject} at first`,
        `${most} at most`,
      ]),
    );
  }
  if (panic !== undefined) {
    const when = panic.below === "0%" ? "where no endpoint is left" : `below ${panic.below} of the endpoints`;
    notes.push(note("panic", "/health/panic", [when, panic.then === "all" ? "all get requests" : "requests are refused"]));
  }
  if (breaker !== undefined) {
    const { errorRate, minimum, slow, slowRate, consecutive, window, open, per } = breaker;
    notes.push(
      note("breaker", "/breaker", [
        `of the ${per}`,
        `opens at ${errorRate} failures of ${minimum} or more in ${window}`,
        slow === undefined ? undefined : `at ${slowRate} slower than ${slow}`,
        `at ${consecutive} in a row`,
        `for ${open} at first`,
      ]),
    );
  }
  if (fallback?.service !== undefined) notes.push(note("fallback", "/fallback", [`the service ${fallback.service}`]));
  if (fallback?.stale === true) notes.push(note("fallback", "/fallback", ["what `cache` has kept, within `staleIfError`"]));
  if (fallback?.respond !== undefined)
    notes.push(note("fallback", "/fallback", [`${fallback.respond.status}, always the same answer`]));
  return notes;
}
