import type { ComparingMirrorConfig } from "../../../runtime/policies/mirror/comparing/comparing-mirror.ts";
import type { MirrorConfig } from "../../../runtime/policies/mirror/index.ts";
import type { MirrorOptions } from "../../../schema/policies.gen.ts";
import { type Lowered, runtimeFunction } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { resourceRef } from "../../ir/resource.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { token } from "../../text/edits.ts";
import { parseDuration, parsePercentage, parseSize } from "../../text/formats.ts";
import { list } from "../../text/words.ts";
import { checkWhole } from "./check-whole.ts";
import { answerUse, checkCompare, compareText, lowerCompare } from "./compare.ts";
import { droppable, droppedFrom, isDroppable, namesOf } from "./dropped.ts";
import {
  copiesNothing,
  isOwn,
  keepsNothing,
  nothingToForward,
  timeoutOutOfRange,
  unknownService,
  unsafeMethod,
} from "./messages.gen.ts";

/** A copy that hangs keeps a connection and the body for so long. */
const longest = 86_400_000;

export const mirror = definePolicy<MirrorOptions>({
  name: "mirror",
  stages: ["forward"],
  // A request of which nobody can say whether it is to be copied is not.
  onFailure: "open",
  undecided: "skip",
  // What other policies tell the service is not for the copies.
  loweredLast: true,
  // Whoever is refused or answered by them sends nothing to copy.
  after: ["concurrency", "faultInjection", "redirect", "respond", "routeTo", "split"],

  check(options, context) {
    const { to, keep = {}, unsafe } = options;
    const { operation } = context;
    checkCompare(options, context);
    const timeout = parseDuration(options.timeout);
    if (timeout < 1 || timeout > longest)
      context.report(timeoutOutOfRange(context.at("/timeout"), { duration: options.timeout }));
    if (parsePercentage(options.share) === 0) context.report(copiesNothing(context.at("/share"), { share: options.share }));
    if (!context.services.includes(to))
      context.report(
        unknownService(context.at("/to"), { service: to, services: list(context.services.map((name) => `\`${name}\``)) }),
      );
    if (to === operation?.service) context.report(isOwn(context.at("/to"), { service: to, operation: operation.operationId }));
    const names = droppable(context);
    for (const name of Object.keys(keep))
      if (!isDroppable(name, names)) context.report(keepsNothing(context.at(`/keep/${token(name)}`), { name }));
    if (operation !== undefined && unsafe === undefined && isUnsafe(operation.method)) {
      const isMeant = context.writtenIn("/to")?.scope === "operations";
      if (isMeant)
        context.report(
          unsafeMethod(
            context.origin,
            { operation: operation.operationId, method: operation.method },
            { related: [{ origin: operation.origin, text: "the operation" }] },
          ),
        );
    }
    for (const policy of ["respond", "redirect"])
      if (context.present.has(policy)) context.report(nothingToForward(context.origin, { policy }));
  },

  whole: checkWhole,

  lower(options, context) {
    const { to, keep = {}, unsafe, sticky: text, concurrency, compare } = options;
    const { operation } = context;
    if (operation === undefined || (unsafe === undefined && isUnsafe(operation.method))) return { kind: "nothing" };
    const sticky = text === undefined ? null : context.expression(text, "/sticky", "string", "forwarded");
    if (sticky === undefined) return { kind: "nothing" };
    const dropped = droppedFrom(options, context);
    const config: Lowered<MirrorConfig> = {
      at: formatOrigin(context.origin),
      mark: context.gateway,
      service: resourceRef("services", to),
      share: parsePercentage(options.share),
      sticky,
      anyMethod: unsafe !== undefined,
      concurrency,
      maxBody: parseSize(options.maxBody),
      timeout: parseDuration(options.timeout),
      strip: operation.strip,
      prepend: operation.prepend,
      dropped,
      slot: { kind: "slot" },
      createCopies:
        compare === undefined
          ? runtimeFunction("upstream/mirror/copies", "createCopies")
          : runtimeFunction("upstream/mirror/read-copies", "createReadCopies"),
      ...(text === undefined ? {} : { hash: runtimeFunction("upstream/balance/hash-text", "hashText") }),
    };
    const kept = Object.entries(keep).map(([name, reason]) => `\`mirror\` gives ${name} to ${to}: “${reason}”`);
    const twice = unsafe === undefined ? [] : [`\`mirror\` sends requests to ${to} as well: “${unsafe}”`];
    const facts = {
      instance: `mirror ${operation.id}`,
      roles: ["living"] as const,
      copies: {
        service: to,
        anyMethod: unsafe !== undefined,
        without: namesOf(dropped),
        ...(compare === undefined ? {} : { comparesAnswers: true as const }),
      },
      copiesBodies: true as const,
      remarks: operation.method === "*" || isUnsafe(operation.method) ? [...kept, ...twice] : kept,
      summary: summaryOf(options),
    };
    if (compare === undefined)
      return call<MirrorConfig>("policies/mirror", "createMirror", config, { ...facts, hooks: ["request", "done"] });
    return call<ComparingMirrorConfig>(
      "policies/mirror/comparing/comparing-mirror",
      "createComparingMirror",
      { ...config, ...lowerCompare(compare, operation.service, context) },
      { ...facts, answer: answerUse(compare), hooks: ["request", "answerHead", "answerStream", "done"] },
    );
  },
});

const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS", "QUERY"];

/** Not where there may be any. */
const isUnsafe = (method: string): boolean => method !== "*" && !safeMethods.includes(method.toUpperCase());

function summaryOf({ to, share, sticky, maxBody, timeout, concurrency, keep, compare }: MirrorOptions): string {
  const by = sticky === undefined ? "" : ` by \`${sticky.trim()}\``;
  const kept = keep === undefined ? "" : `, with ${list(Object.keys(keep))}`;
  const compared = compare === undefined ? "" : `; answers compared by ${compareText(compare)}`;
  return `${share} copied to ${to}${by}: bodies up to ${maxBody}, ${concurrency} at a time, for ${timeout}${kept}${compared}`;
}
