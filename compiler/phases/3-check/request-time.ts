import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import { servicesOf } from "../../ir/targets.ts";
import { fallbackIn } from "../../ir/used-services.ts";
import { durationOf } from "../../text/formats.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { responseOutlastsListener } from "./messages.gen.ts";

/** What a service, or the one that is asked in its place, may take has to fit into the time that the listener gives to a request. */
export function checkRequestTime(
  operations: readonly OperationIr[],
  services: readonly ServiceIr[],
  { time }: ListenerIr,
  { file, positions }: LinkedGateway,
  sink: DiagnosticSink,
): void {
  const answer = time?.answer === undefined ? undefined : durationOf(time.answer.within);
  if (time?.answer === undefined || answer === undefined) return;
  const fallbackOf = fallbackIn(services);
  const reported = new Set<string>();
  for (const operation of operations) {
    const { forward } = operation;
    if (forward.kind !== "forward") continue;
    const names = new Set(servicesOf(operation));
    // A set is walked in the order of what was added, while it is.
    for (const name of names) {
      const fallback = fallbackOf(name);
      if (fallback !== undefined) names.add(fallback);
      const service = file.services?.[name];
      if (service === undefined) continue;
      const own = forward.options.find(({ pointer, origin }) => pointer === "/timeout/response" && origin !== undefined);
      const within = durationOf(own === undefined ? service.timeout.response : forward.responseTimeout);
      if (within === undefined || within <= answer) continue;
      const at = own?.origin ?? positions.pointer(service, "/timeout/response");
      // Of a service once, whatever the number of its operations.
      const place = JSON.stringify(at);
      if (reported.has(place)) continue;
      reported.add(place);
      sink.report(
        responseOutlastsListener(
          at,
          { service: name, within: `${within}ms`, answer: `${answer}ms` },
          { related: [{ origin: time.answer.origin, text: `a request is over after ${answer}ms` }] },
        ),
      );
    }
  }
}
