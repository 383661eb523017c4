import type { HeaderEditsConfig, HeadersConfig } from "../../../runtime/policies/headers/index.ts";
import type { HeaderEdits, HeadersOptions, HeaderValue, RequestHeaderEdits } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { Hook } from "../../ir/step.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { sentBy } from "../../policy/sent.ts";
import { claimOf } from "../../text/claimed-fields.ts";
import { contradictions, token } from "../../text/edits.ts";
import { forbiddenField, invalidFieldValue } from "../../text/field.ts";
import { startValue } from "../../text/setting.ts";
import { contradiction, forbiddenName, hostField, invalidValue, nothingToKeep } from "./messages.gen.ts";

export const headers = definePolicy<HeadersOptions>({
  name: "headers",
  stages: ["transform"],
  onFailure: "closed",
  multiple: true,

  check(options, context) {
    if (options.request !== undefined) {
      checkEdits(options.request, "/request", context);
      checkKept(options.request, context);
    }
    if (options.response !== undefined) checkEdits(options.response, "/response", context);
  },

  lower(options, context) {
    const hooks: Hook[] = [];
    if (options.request !== undefined) hooks.push("upstreamRequest");
    if (options.response !== undefined) hooks.push("response");
    const request = lowerEdits(options.request, "/request", context);
    return call<HeadersConfig>(
      "policies/headers",
      "createHeaders",
      { request, response: lowerEdits(options.response, "/response", context) },
      {
        hooks,
        ...sentBy("header", request),
        ...(options.request?.keep === undefined ? {} : { keeps: options.request.keep.map((name) => name.toLowerCase()) }),
        fields: { request: touched(options.request), response: touched(options.response) },
        summary: [summarise("request", options.request), summarise("response", options.response)]
          .filter((text) => text !== "")
          .join("; "),
      },
    );
  },
});

function checkEdits(edits: HeaderEdits, pointer: string, context: PolicyContext): void {
  for (const clash of contradictions(edits, (name) => name.toLowerCase())) {
    context.report(
      contradiction(
        context.at(pointer + clash.secondAt),
        { name: clash.name, first: clash.first, second: clash.second },
        {
          related: [{ origin: context.at(pointer + clash.firstAt), text: clash.first }],
        },
      ),
    );
  }
  for (const { name, at } of namesOf(edits)) {
    const reason = forbiddenField(name);
    if (reason !== undefined) context.report(forbiddenName(context.at(pointer + at), { name, reason }));
    else if (name.toLowerCase() === "host" && pointer === "/request") context.report(hostField(context.at(pointer + at)));
  }
  for (const { name, value, at } of [...valuesOf(edits.set, "/set"), ...valuesOf(edits.add, "/add")]) {
    const problem = typeof value === "string" ? invalidFieldValue(value) : undefined;
    if (problem !== undefined) context.report(invalidValue(context.at(pointer + at), { name, problem }));
  }
}

/** Keeping what nobody takes away would say that it is taken away elsewhere. */
function checkKept({ keep = [], remove = [] }: RequestHeaderEdits, context: PolicyContext): void {
  const removed = remove.map((name) => name.toLowerCase());
  for (const [index, name] of keep.entries()) {
    const at = context.at(`/request/keep/${index}`);
    if (claimOf(name) === undefined) context.report(nothingToKeep(at, { name }));
    else if (removed.includes(name.toLowerCase()))
      context.report(contradiction(at, { name, first: "remove", second: "keep" }, { related: [] }));
  }
}

function lowerEdits(
  edits: (HeaderEdits & Pick<RequestHeaderEdits, "keep">) | undefined,
  pointer: string,
  context: PolicyContext,
): Lowered<HeaderEditsConfig> | null {
  if (edits === undefined) return null;
  const lowerValues = (values: HeaderEdits["add"], below: string) =>
    valuesOf(values, below).flatMap(({ name, value: written, at }) => {
      const value =
        typeof written === "string"
          ? startValue(written, context.at(pointer + at))
          : context.expression(
              written.expression,
              `${pointer}${at}/expression`,
              "string",
              pointer === "/response" ? "answer" : "request",
            );
      return value === undefined ? [] : [{ name, value }];
    });
  return {
    ...(edits.keep === undefined ? {} : { keep: edits.keep.map((name) => name.toLowerCase()) }),
    rename: Object.entries(edits.rename ?? {}).map(([from, to]) => ({ from, to })),
    remove: edits.remove ?? [],
    set: lowerValues(edits.set, "/set"),
    add: lowerValues(edits.add, "/add"),
  };
}

function valuesOf(
  values: HeaderEdits["add"],
  pointer: string,
): { readonly name: string; readonly value: HeaderValue; readonly at: string }[] {
  return Object.entries(values ?? {}).flatMap(([name, value]) => {
    const at = `${pointer}/${token(name)}`;
    return Array.isArray(value) ? value.map((one, index) => ({ name, value: one, at: `${at}/${index}` })) : [{ name, value, at }];
  });
}

function namesOf(edits: HeaderEdits): { readonly name: string; readonly at: string }[] {
  return [
    ...Object.entries(edits.rename ?? {}).flatMap(([from, to]) =>
      [from, to].map((name) => ({ name, at: `/rename/${token(from)}` })),
    ),
    ...(edits.remove ?? []).map((name, index) => ({ name, at: `/remove/${index}` })),
    ...Object.keys(edits.set ?? {}).map((name) => ({ name, at: `/set/${token(name)}` })),
    ...Object.keys(edits.add ?? {}).map((name) => ({ name, at: `/add/${token(name)}` })),
  ];
}

const touched = (edits: HeaderEdits | undefined): string[] => (edits === undefined ? [] : namesOf(edits).map(({ name }) => name));

function summarise(side: string, edits: (HeaderEdits & Pick<RequestHeaderEdits, "keep">) | undefined): string {
  if (edits === undefined) return "";
  const parts = [
    ...(edits.keep ?? []).map((name) => `keep ${name}`),
    ...Object.entries(edits.rename ?? {}).map(([from, to]) => `${from} to ${to}`),
    ...(edits.remove ?? []).map((name) => `-${name}`),
    ...Object.keys(edits.set ?? {}).map((name) => `=${name}`),
    ...Object.keys(edits.add ?? {}).map((name) => `+${name}`),
  ];
  return `${side}: ${parts.join(", ")}`;
}
