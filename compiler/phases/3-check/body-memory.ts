import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { parseSize } from "../../text/formats.ts";
import { withDefaults } from "../../text/setting.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { bodyMemoryTooSmall } from "./messages.gen.ts";

/** A body that is held and allowed, and larger than all the memory for bodies, is refused whenever it comes. */
export function checkBodyMemory(
  { file, positions }: LinkedGateway,
  operations: readonly OperationIr[],
  sink: DiagnosticSink,
): void {
  const { limits } = file.listeners.public;
  // A setting without a default is known when the gateway starts.
  const written = limits?.bodyMemory === undefined ? undefined : withDefaults(limits.bodyMemory);
  if (limits === undefined || written === undefined) return;
  const budget = parseSize(written);
  let largest: { readonly bytes: number; readonly text: string; readonly step: StepIr } | undefined;
  for (const { steps } of operations) {
    for (const step of steps) {
      const text = largestHeld(step, steps);
      if (text === undefined) continue;
      const bytes = parseSize(text);
      if (bytes > budget && bytes > (largest?.bytes ?? 0)) largest = { bytes, text, step };
    }
  }
  if (largest === undefined) return;
  const { text, step } = largest;
  sink.report(
    bodyMemoryTooSmall(
      positions.value(limits, "bodyMemory"),
      { budget: written, policy: step.policy, largest: text },
      {
        related: [
          {
            origin: (optionOf(step, "/maxBody") ?? optionOf(step, "/answer/maxBody"))?.origin ?? step.origin,
            text: "bodies of this size are allowed",
          },
        ],
      },
    ),
  );
}

/** The size of the largest body that the step holds; undefined where it holds none. */
function largestHeld(step: StepIr, steps: readonly StepIr[]): string | undefined {
  // Where there is no room, they stream, or are not kept.
  const passes = step.answer?.larger === "streamed" || step.answer?.larger === "unkept";
  // Answers are held where a wrong one must not pass; where it is only reported, they are copied up to the same size.
  if (step.answer?.most !== undefined && !passes) return step.answer.most;
  const option = optionOf(step, step.bodyBound ?? "/maxBody");
  if (option === undefined) return undefined;
  const most = String(option.value);
  if (step.body !== "buffered" && step.body !== "replaced") return undefined;
  // One that only reports, or not always runs, bounds nothing.
  const bounds = steps.filter(({ mode, when }) => mode === "enforce" && when === undefined);
  const options = bounds.flatMap((step) => (step.bodyBound === undefined ? [] : (optionOf(step, step.bodyBound) ?? [])));
  const sizes = options.map(({ value }) => String(value)).filter((size) => parseSize(size) < parseSize(most));
  return sizes[0] ?? most;
}

const optionOf = ({ options }: StepIr, pointer: string): StepIr["options"][number] | undefined =>
  options.find((option) => option.pointer === pointer);
