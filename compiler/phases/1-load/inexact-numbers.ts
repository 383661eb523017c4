import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonValue } from "../../source/source-set.ts";
import { inexactNumber } from "./messages.gen.ts";

/** Reports numbers of a configuration that no double holds; whether there were none. */
export function checkNumbers(
  tree: JsonValue,
  positions: Positions,
  textOf: (origin: Origin) => string,
  sink: DiagnosticSink,
): boolean {
  let isExact = true;
  const waiting: JsonValue[] = [tree];
  // An alias of YAML is the same container in several places.
  const seen = new Set<object>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== "object" || node === null || seen.has(node)) continue;
    seen.add(node);
    for (const [key, value] of Object.entries(node) as [string, JsonValue][]) {
      if (typeof value !== "number") {
        waiting.push(value);
        continue;
      }
      const at = positions.value(node, key);
      const text = textOf(at);
      if (holds(text, value)) continue;
      sink.report(inexactNumber(at, { number: text, read: Number.isFinite(value) ? String(value) : "no number at all" }));
      isExact = false;
    }
  }
  return isExact;
}

/** Whether the number has all digits of its text. */
function holds(text: string, value: number): boolean {
  if (Number.isSafeInteger(value)) return true;
  if (!Number.isFinite(value)) return false;
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return true;
  return digitsOf(text) === digitsOf(String(value));
}

/** The digits that count: without sign, point, exponent and zeros around them. */
const digitsOf = (text: string): string =>
  text
    .replace(/e.*$/i, "")
    .replaceAll(/[^\d]/g, "")
    .replace(/^0+|0+$/g, "");
