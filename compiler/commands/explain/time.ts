import type { NumberIr } from "../../ir/config.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import { formatOrigin } from "../../ir/origin.ts";

/** How long requests of a listener may take as a whole, and who may ask for less. */
export function timeLines({ time }: ListenerIr): string[] {
  if (time === undefined) return [];
  const { answer, caller } = time;
  const lines: string[] = [];
  if (answer !== undefined)
    lines.push(`time       the answer is whole within ${text(answer.within)}  (${formatOrigin(answer.origin)})`);
  if (caller !== undefined) {
    const who = caller.from === "anyone" ? "any caller" : "callers behind trusted proxies";
    const fields = caller.field === undefined ? "grpc-timeout" : `grpc-timeout or ${caller.field} (${caller.unit})`;
    lines.push(`deadline   ${who} may ask for less time, in ${fields}  (${formatOrigin(caller.origin)})`);
  }
  return lines;
}

const text = (value: NumberIr): string => (typeof value === "number" ? `${value}ms` : value.template);
