import type { AreaErrorsConfig, ErrorsConfig } from "../../../runtime/policies/errors/index.ts";
import type { ErrorsOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import { call, definePolicy, type PolicyArea } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import { checkDeclared } from "./declared.ts";

export const errors = definePolicy<ErrorsOptions>({
  name: "errors",
  // The last of the response hooks: whatever others do to the fields of a refusal, its body has this type.
  stages: ["observe"],
  onFailure: "closed",
  concerns: "answers",
  unmatched: true,

  byArea(areas) {
    const [first] = areas;
    if (first === undefined) return { kind: "nothing" };
    const facts = { hooks: ["response"], fields: { response: ["content-type"] } } as const;
    const isEverywhere = areas.length === 1 && first.host === "" && first.path === "";
    if (isEverywhere && first.step !== undefined)
      return call<ErrorsConfig>("policies/errors", "createErrors", configOf(first.step), {
        ...facts,
        summary: first.step.summary,
      });
    return call<AreaErrorsConfig>(
      "policies/errors",
      "createAreaErrors",
      { areas: areas.map(({ host, path, step }) => ({ host, path, errors: step === undefined ? null : configOf(step) })) },
      { ...facts, summary: summaryOf(areas) },
    );
  },

  lower(options, context) {
    const { contentType } = options;
    const isText = !isJson(contentType);
    const body = context.expression(options.body, "/body", isText ? "string" : "any", "problem");
    if (body === undefined) return { kind: "nothing" };
    checkDeclared(body.data, contentType, context);
    return call<ErrorsConfig>(
      "policies/errors",
      "createErrors",
      { body, contentType, isText },
      { hooks: ["response"], fields: { response: ["content-type"] }, summary: contentType },
    );
  },
});

/** Its own steps have the config that `lower` makes. */
const configOf = ({ config }: NonNullable<PolicyArea["step"]>): Lowered<ErrorsConfig> =>
  config as unknown as Lowered<ErrorsConfig>;

function summaryOf(areas: readonly PolicyArea[]): string {
  const shown = areas.slice(0, 4).map(({ host, path, step }) => {
    const type = step?.summary ?? "problem details";
    return host === "" && path === "" ? type : `${type} below ${host}${path === "" ? "/" : path}`;
  });
  return list(areas.length > shown.length ? [...shown, `${areas.length - shown.length} more`] : shown);
}

const isJson = (mediaType: string): boolean => /^[^;]*[/+]json\s*(;|$)/i.test(mediaType);
