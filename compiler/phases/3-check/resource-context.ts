import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import type { ResourceContext } from "../../resource/contract.ts";
import { startValue } from "../../text/setting.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";

/** What the definition of a resource gets beside its options. `failed`: it has reported an error. */
export function resourceContext(
  name: string,
  options: object,
  origin: Origin,
  { file, positions }: LinkedGateway,
  sink: DiagnosticSink,
): ResourceContext & { readonly failed: boolean } {
  let failed = false;
  const at = (pointer: string): Origin => positions.pointer(options, pointer);
  return {
    name,
    gateway: file.gateway,
    origin,
    at,
    secret: (reference, pointer) => ({ kind: "secret", from: reference, origin: at(pointer) }),
    setting: (text, pointer) => startValue(text, at(pointer)),
    report: (diagnostic) => {
      if (diagnostic.severity === "error") failed = true;
      sink.report(diagnostic);
    },
    get failed() {
      return failed;
    },
  };
}
