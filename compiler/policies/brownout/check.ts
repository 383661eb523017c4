import type { BrownoutOptions } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { isTimeZone } from "../../text/local-time.ts";
import { alone, behindSunset, durationOutOfRange, overlap, unannounced, unknownTimeZone } from "./messages.gen.ts";
import { occurrencesOf } from "./occurrences.ts";

/** Milliseconds. */
const shortest = 1000;
const longest = 7 * 86_400_000;

/** What the schema cannot say of the windows. */
export function checkWindows(options: BrownoutOptions, context: PolicyContext): void {
  const { windows, timeZone } = options;
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return context.report(unknownTimeZone(context.at("/timeZone"), { timeZone }));
  for (const [index, { duration, every, times }] of windows.entries()) {
    const at = `/windows/${index}`;
    const milliseconds = parseDuration(duration);
    if (milliseconds < shortest || milliseconds > longest)
      context.report(durationOutOfRange(context.at(`${at}/duration`), { duration }));
    if (every !== undefined && times === undefined)
      context.report(alone(context.at(`${at}/every`), { option: "every", missing: "times" }));
    if (times !== undefined && every === undefined)
      context.report(alone(context.at(`${at}/times`), { option: "times", missing: "every" }));
  }
  const occurrences = occurrencesOf(options);
  const clash = occurrences.findIndex(({ start }, index) => index > 0 && start < occurrences[index - 1]!.end);
  if (clash > 0) {
    const [earlier, later] = [occurrences[clash - 1]!, occurrences[clash]!];
    const related =
      earlier.pointer === later.pointer ? [] : [{ origin: context.at(earlier.pointer), text: "is still open then" }];
    context.report(overlap(context.at(later.pointer), { start: new Date(later.start).toISOString() }, { related }));
  }
  checkSunset(occurrences.at(-1)!, context);
}

function checkSunset({ end, pointer }: { readonly end: number; readonly pointer: string }, context: PolicyContext): void {
  const { operation } = context;
  if (operation === undefined) return;
  if (operation.sunset === undefined) context.report(unannounced(context.origin, { operation: operation.operationId }));
  else if (end > operation.sunset * 1000) {
    const sunset = new Date(operation.sunset * 1000).toISOString().slice(0, 10);
    context.report(behindSunset(context.at(pointer), { sunset, end: new Date(end).toISOString() }));
  }
}
