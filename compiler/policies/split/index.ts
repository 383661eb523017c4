import type { SplitConfig } from "../../../runtime/policies/split/index.ts";
import type { RolledOutSplitConfig } from "../../../runtime/policies/split/roll-out/split.ts";
import type { SplitOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { resourceRef } from "../../ir/resource.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { token } from "../../text/edits.ts";
import { parseDuration } from "../../text/formats.ts";
import { list } from "../../text/words.ts";
import { armsOf, nameOf, otherwiseOf, shareText, whichText } from "./arms.ts";
import { checkWhole } from "./check-whole.ts";
import { unfitForExperiment } from "./fields.ts";
import {
  cookieAgeOutOfRange,
  isBase,
  nobody,
  noCookie,
  nothingToForward,
  tooMuch,
  unknownService,
  unsuitableField,
} from "./messages.gen.ts";
import { checkRollOut, clientsChoose, rollOutOf, rollOutRef } from "./roll-out.ts";
import { percentText } from "./steps.ts";

/** `Max-Age` counts seconds, and of 0 of them a cookie is gone at once; browsers keep none for longer (RFC 6265bis §5.6.2). */
const [shortest, longest] = [1_000, 400 * 86_400_000];

export const split = definePolicy<SplitOptions>({
  name: "split",
  stages: ["forward"],
  onFailure: "closed",
  multiple: true,
  // What `objectives` say is what a roll-out is judged by.
  loweredLast: true,
  choosesService: true,
  // A request that lacks what the condition asks for is not part of the experiment.
  undecided: "skip",
  // What picks single requests out goes before what distributes the rest.
  after: ["routeTo"],

  identityFields: ({ requestField }) => (requestField === undefined ? [] : [requestField]),

  check(options, context) {
    const arms = armsOf(options);
    for (const { service } of arms) {
      const at = context.at(`/to/${token(service)}`);
      if (!context.services.includes(service))
        context.report(unknownService(at, { service, services: list(context.services.map((name) => `\`${name}\``)) }));
      if (service === context.operation?.service)
        context.report(isBase(at, { service, operation: context.operation.operationId }));
    }
    const sum = arms.reduce((all, { share }) => all + share, 0);
    if (sum > 1 + 1e-9) context.report(tooMuch(context.at("/to"), { sum: percentText(sum) }));
    if (options.sticky === undefined && options.otherwise === "base") context.report(nobody(context.at("/otherwise")));
    if (
      otherwiseOf(options) !== "cookie" &&
      (context.writtenIn("/cookie/name") ?? context.writtenIn("/cookie/maxAge")) !== undefined
    )
      context.report(noCookie(context.at("/cookie")));
    const kept = parseDuration(options.cookie.maxAge);
    if (kept < shortest || kept > longest)
      context.report(cookieAgeOutOfRange(context.at("/cookie/maxAge"), { duration: options.cookie.maxAge }));
    for (const option of ["requestField", "responseField"] as const) {
      const { [option]: field } = options;
      const problem = field === undefined ? undefined : unfitForExperiment(field, option);
      if (problem !== undefined) context.report(unsuitableField(context.at(`/${option}`), { field: field!, problem }));
    }
    checkRollOut(options, context);
    for (const policy of ["respond", "redirect"])
      if (context.present.has(policy)) context.report(nothingToForward(context.origin, { policy }));
  },

  whole: checkWhole,

  lower(options, context) {
    const name = nameOf(options);
    const arms = armsOf(options);
    const otherwise = otherwiseOf(options);
    const { requestField, responseField, cookie } = options;
    const { sticky: text } = options;
    const sticky = text === undefined ? null : context.expression(text, "/sticky", "string", "forwarded");
    const always = arms.map(({ service, always: condition }) =>
      condition === undefined ? null : context.expression(condition, `/to/${token(service)}/always`, "bool", "forwarded"),
    );
    if (sticky === undefined || always.some((condition) => condition === undefined)) return { kind: "nothing" };
    const experiment =
      options.steps === undefined ? undefined : rollOutOf(options, options.steps, clientsChoose(otherwise, sticky), context);
    if (options.steps !== undefined && experiment === undefined) return { kind: "nothing" };
    const answers = otherwise === "cookie" || responseField !== undefined;
    const config: Lowered<SplitConfig> = {
      at: formatOrigin(context.origin),
      name,
      base: context.operation?.service ?? "",
      arms: arms.map(({ service, share }, index) => ({
        service: resourceRef("services", service),
        share,
        // None is undefined here.
        always: always[index] as EmittedIr<"expression"> | null,
      })),
      sticky,
      otherwise,
      cookie: { name: cookie.name ?? `split-${name}`, maxAge: Math.round(parseDuration(cookie.maxAge) / 1000) },
      requestField: requestField ?? null,
      responseField: responseField ?? null,
      slot: { kind: "slot" },
    };
    const facts: Parameters<typeof call>[3] = {
      hooks: [
        "request",
        ...(requestField === undefined ? [] : (["upstreamRequest"] as const)),
        ...(answers ? (["response"] as const) : []),
        "done",
      ],
      instance: `split ${name}`,
      roles: ["living", "adminRoutes"],
      reroutes: { arms: arms.map((arm) => ({ service: arm.service, which: whichText(arm, options) })) },
      fields: {
        ...(requestField === undefined ? {} : { request: [requestField.toLowerCase()] }),
        response: [
          ...(responseField === undefined ? [] : [responseField.toLowerCase()]),
          ...(otherwise === "cookie" ? ["set-cookie"] : []),
        ],
      },
      summary: `${name}: ${arms.map(({ service, share }) => `${shareText(share, options)} to ${service}`).join(", ")}`,
    };
    if (experiment === undefined) return call<SplitConfig>("policies/split", "createSplit", config, facts);
    return call<RolledOutSplitConfig>(
      "policies/split/roll-out/split",
      "createRolledOutSplit",
      { ...config, rollOut: rollOutRef(name) },
      { ...facts, experiment },
    );
  },
});
