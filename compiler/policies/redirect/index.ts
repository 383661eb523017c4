import type { RedirectConfig } from "../../../runtime/policies/redirect/index.ts";
import type { RedirectOptions } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { invalidFieldValue } from "../../text/field.ts";
import { parsePathTemplate } from "../../text/path-template.ts";
import { hasSetting, startValue } from "../../text/setting.ts";
import { invalidCharacter, notALocation, outsidePath, restNotLast, toItself, unknownParameter } from "./messages.gen.ts";

export const redirect = definePolicy<RedirectOptions>({
  name: "redirect",
  stages: ["forward"],
  onFailure: "closed",
  terminal: true,

  check(options, context) {
    const at = context.at("/to");
    const target = splitTarget(options.to);
    if (target === undefined) {
      context.report(notALocation(at, { to: options.to }));
      return;
    }
    const path = context.operation!.path;
    const outside = `${target.base.replaceAll(/\$\{env:[^{}]*\}/g, "")}${target.query}${target.fragment}`;
    if (/[{}]/.test(outside) || hasSetting(target.path + target.query + target.fragment)) {
      context.report(outsidePath(at));
      return;
    }
    const problem = invalidFieldValue(options.to);
    const stray = /[^!-~]/u.exec(options.to)?.[0];
    if (problem !== undefined || stray !== undefined) context.report(invalidCharacter(at, { character: stray ?? " " }));
    for (const found of parsePathTemplate(target.path, path).problems) {
      if (found.kind === "unknown") {
        const { name, known } = found;
        context.report(
          unknownParameter(at, { parameter: `{${name}}`, path: path.template, suggestion: suggestion(name, known) }),
        );
      } else if (found.kind === "rest") context.report(restNotLast(at));
      else if (found.kind === "character") context.report(invalidCharacter(at, { character: found.character }));
    }
    if (target.base === "" && target.path === path.template) context.report(toItself(at, { path: path.template }));
  },

  lower(options, context) {
    const { base, path, query, fragment } = splitTarget(options.to)!;
    return call<RedirectConfig>(
      "policies/redirect",
      "createRedirect",
      {
        status: options.status,
        base: startValue(base, context.at("/to")),
        path: parsePathTemplate(path, context.operation!.path).pieces,
        query,
        keepQuery: options.keepQuery,
        fragment,
      },
      { hooks: ["request"], mayAnswer: true, summary: `${options.status} to ${options.to}` },
    );
  },
});

/** Scheme and authority (or a setting in their place), path, query and fragment with its `#`; undefined where it is no location. */
function splitTarget(
  to: string,
): { readonly base: string; readonly path: string; readonly query: string; readonly fragment: string } | undefined {
  const parts = /^(\$\{env:[^{}]*\}[^/?#]*|[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]+)?([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(to);
  if (parts === null) return undefined;
  const [, base = "", path = "", query = "", fragment = ""] = parts;
  if (path === "" ? base === "" : !path.startsWith("/")) return undefined;
  // `//host/path` would be taken for another host.
  if (base === "" && path.startsWith("//")) return undefined;
  return { base, path, query, fragment };
}
