import type { FaultDelaySpan, FaultRule } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parsePercentage, parseSize } from "../../text/formats.ts";
import { delayOutOfRange, excluded, neverAsked, noBytes, noFault, picksNone, reversedSpan } from "./messages.gen.ts";

/** Milliseconds that a request may be held up. */
const longestDelay = 60_000;

/** A delay as a span; one that is fixed begins and ends with it. */
export const spanOf = (delay: FaultRule["delay"]): FaultDelaySpan | undefined =>
  typeof delay === "string" ? { min: delay, max: delay } : delay;

/** What the schema cannot say of the rules. */
export function checkRules(rules: readonly FaultRule[], context: PolicyContext): void {
  for (const [index, rule] of rules.entries()) {
    const at = `/rules/${index}`;
    const { percentage, delay, abort, slowBody, resetAfter } = rule;
    if (delay === undefined && abort === undefined && slowBody === undefined && resetAfter === undefined)
      context.report(noFault(context.at(at)));
    if (parsePercentage(percentage) === 0) context.report(picksNone(context.at(`${at}/percentage`), { percentage }));
    checkDelay(delay, `${at}/delay`, context);
    for (const [option, size] of Object.entries({ slowBody, resetAfter })) {
      if (size === undefined) continue;
      if (parseSize(size) === 0) context.report(noBytes(context.at(`${at}/${option}`), { option }));
      if (abort !== undefined) context.report(excluded(context.at(`${at}/${option}`), { option }));
    }
  }
  const last = rules.findIndex(({ when, percentage }) => when === undefined && parsePercentage(percentage) === 1);
  if (last < 0 || last === rules.length - 1) return;
  const related = [{ origin: context.at(`/rules/${last}`), text: "is followed for every request" }];
  context.report(neverAsked(context.at(`/rules/${last + 1}`), { related }));
}

function checkDelay(delay: FaultRule["delay"], pointer: string, context: PolicyContext): void {
  const span = spanOf(delay);
  if (span === undefined) return;
  const { min, max } = span;
  for (const [duration, at] of typeof delay === "string"
    ? [[delay, pointer]]
    : [
        [min, `${pointer}/min`],
        [max, `${pointer}/max`],
      ]) {
    const milliseconds = parseDuration(duration!);
    if (milliseconds < 1 || milliseconds > longestDelay)
      context.report(delayOutOfRange(context.at(at!), { duration: duration! }));
  }
  if (parseDuration(min) > parseDuration(max)) context.report(reversedSpan(context.at(`${pointer}/min`), { min, max }));
}
