import type { ComparingMirrorConfig } from "../../../runtime/policies/mirror/comparing/comparing-mirror.ts";
import type { ShownValuesConfig } from "../../../runtime/policies/mirror/comparing/shown-values.ts";
import type { MirrorCompare } from "../../../schema/policies.gen.ts";
import { type Lowered, make } from "../../ir/config.ts";
import type { AnswerUseIr } from "../../ir/step.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parsePercentage, parseSize } from "../../text/formats.ts";
import { type JsonWays, jsonWays } from "../../text/json-ways.ts";
import { list } from "../../text/words.ts";
import { bodyNotCompared, bodyTooLarge, comparesNothing, ignoredAnyway, ignoresAll, valuesNotLogged } from "./messages.gen.ts";

/** Both are read, decoded and compared in one turn of the event loop. */
const mostBody = 262_144;

/** Options about bodies. */
const ofBodies = ["maxBody", "only", "ignore", "unordered"] as const;

/** Values are in lines of the log, of which there may be none. */
function checkShown({ log, values }: MirrorCompare, context: PolicyContext): void {
  if (values && parsePercentage(log) === 0) context.report(valuesNotLogged(context.at("/compare/values"), { log }));
}

/** What a schema cannot say. */
export function checkCompare({ compare }: { readonly compare?: MirrorCompare }, context: PolicyContext): void {
  if (compare === undefined) return;
  const { status, fields, body, maxBody, only = [], ignore, unordered } = compare;
  checkShown(compare, context);
  if (!status && fields.length === 0 && !body) context.report(comparesNothing(context.at("/compare")));
  if (!body) {
    // What a wider scope says of bodies is for other operations.
    const block = context.writtenIn("/compare/body")?.block;
    for (const option of ofBodies)
      if (context.writtenIn(`/compare/${option}`)?.block === block)
        context.report(bodyNotCompared(context.at(`/compare/${option}`), { option }));
    return;
  }
  if (parseSize(maxBody) > mostBody) context.report(bodyTooLarge(context.at("/compare/maxBody"), { size: maxBody }));
  for (const [index, text] of ignore.entries())
    if (isEverything(text)) {
      context.report(ignoresAll(context.at(`/compare/ignore/${index}`), { pattern: text }));
      return;
    }
  for (const [option, texts] of Object.entries({ only, unordered }))
    for (const [index, text] of texts.entries()) {
      const by = ignore.find((ignored) => isIgnored(pointerIn(text), jsonWays([ignored])));
      if (by === undefined) continue;
      context.report(ignoredAnyway(context.at(`/compare/${option}/${index}`), { option, pointer: text, by }));
    }
}

/** Every member of every object, or whatever is in a body that has parts. */
const isEverything = (text: string): boolean => /^(?:\*+|\/\*)$/.test(text);

/** Whatever the pointer leads to is ignored by a name on the way to it, or by another pointer. */
const isIgnored = (pointer: readonly string[], { pointers, names }: JsonWays): boolean =>
  pointers.some((ignored) => isBelow(pointer, ignored)) ||
  pointer.some((name) => name !== "*" && names.some((pattern) => isNamed(name.toLowerCase(), pattern)));

/** `*` of the pattern stands for any characters. A name of digits may be an index, which no name is meant for. */
function isNamed(name: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return !/^\d+$/.test(name) && new RegExp(`^${parts.join(".*")}$`, "su").test(name);
}

/** Whatever one leads to, the other leads to as well, or to something around it. */
const isBelow = (pointer: readonly string[], wider: readonly string[]): boolean =>
  wider.length <= pointer.length && wider.every((name, depth) => name === "*" || name === pointer[depth]);

/** RFC 6901: the empty one is the whole. */
const pointerIn = (text: string): readonly string[] => (text === "" ? [] : jsonWays([text]).pointers[0]!);

export function lowerCompare(
  compare: MirrorCompare,
  own: string,
  context: PolicyContext,
): Pick<Lowered<ComparingMirrorConfig>, "own" | "compare" | "logged" | "values"> {
  const { status, fields, body, maxBody, only, ignore, unordered, log, values } = compare;
  const secrets = context.secrets();
  const shown: Lowered<ShownValuesConfig> = {
    secrets: { shapes: secrets?.shapes ?? [], names: [], pointers: [], values: [] },
    secret: secrets?.response ?? null,
  };
  return {
    own,
    compare: {
      status,
      fields: fields.map((name) => name.toLowerCase()),
      body,
      maxBody: parseSize(maxBody),
      json: {
        only: only === undefined ? null : only.map(pointerIn),
        ignored: jsonWays(ignore),
        unordered: unordered.map(pointerIn),
      },
    },
    logged: parsePercentage(log),
    ...(values ? { values: make<ShownValuesConfig>("policies/mirror/comparing/shown-values", "createShownValues", shown) } : {}),
  };
}

export const answerUse = ({ body, maxBody }: MirrorCompare): AnswerUseIr => ({
  use: "seen",
  place: "measure",
  ...(body
    ? {
        most: maxBody,
        larger: "unchecked",
        bodies: { held: ["JSON", "what has a content coding"], streamed: ["event streams"] },
      }
    : {}),
});

/** `status, 5 fields and bodies up to 64KiB`. */
export function compareText({ status, fields, body, maxBody, only, ignore, unordered }: MirrorCompare): string {
  const parts = [
    ...(status ? ["status"] : []),
    ...(fields.length === 0 ? [] : [list(fields)]),
    ...(body ? [`bodies up to ${maxBody}`] : []),
  ];
  const json = [
    ...(only === undefined ? [] : [`only ${list(only)}`]),
    ...(ignore.length === 0 ? [] : [`without ${list(ignore)}`]),
    ...(unordered.length === 0 ? [] : [`${list(unordered)} in any order`]),
  ];
  return `${list(parts)}${body && json.length > 0 ? ` (JSON: ${json.join("; ")})` : ""}`;
}
