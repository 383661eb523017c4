import type { RewriteAsSentConfig, RewriteConfig } from "../../../runtime/policies/rewrite/index.ts";
import type { QueryValue, RewriteOptions } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { Lowered, StartValueIr } from "../../ir/config.ts";
import type { PathPattern } from "../../ir/route.ts";
import type { Reroute } from "../../ir/step.ts";
import { call, definePolicy, type LoweredPolicy, type PolicyContext } from "../../policy/contract.ts";
import { sentBy } from "../../policy/sent.ts";
import { contradictions, token } from "../../text/edits.ts";
import { parsePathTemplate } from "../../text/path-template.ts";
import { hasSetting, startValue } from "../../text/setting.ts";
import {
  dotSegment,
  invalidCharacter,
  invalidHost,
  prefixNotInPath,
  queryContradiction,
  restNotLast,
  twoPaths,
  unknownParameter,
} from "./messages.gen.ts";

export const rewrite = definePolicy<RewriteOptions>({
  name: "rewrite",
  stages: ["transform"],
  onFailure: "closed",

  check(options, context) {
    const path = context.operation!.path;
    const isTemplate = options.path !== undefined && options.path !== asSent;
    if (isTemplate && options.stripPrefix !== undefined) context.report(twoPaths(context.at("/stripPrefix")));
    if (isTemplate) checkPath(options.path!, path, context);
    if (options.stripPrefix !== undefined && prefixLength(options.stripPrefix, path) === undefined) {
      context.report(prefixNotInPath(context.at("/stripPrefix"), { prefix: options.stripPrefix, path: path.template }));
    }
    for (const clash of contradictions(options.query ?? {}, (name) => name)) {
      context.report(
        queryContradiction(
          context.at(`/query${clash.secondAt}`),
          { name: clash.name, first: clash.first, second: clash.second },
          {
            related: [{ origin: context.at(`/query${clash.firstAt}`), text: clash.first }],
          },
        ),
      );
    }
    if (options.host !== undefined && !hasSetting(options.host) && !isHost(options.host)) {
      context.report(invalidHost(context.at("/host"), { host: options.host }));
    }
  },

  lower(options, context) {
    if (options.path === asSent) return lowerAsSent(options, context);
    const path = context.operation!.path;
    const parsed = options.path === undefined ? undefined : parsePathTemplate(options.path, path);
    const strip = options.stripPrefix === undefined ? undefined : prefixLength(options.stripPrefix, path);
    const summary = [
      options.path === undefined ? "" : `path ${options.path}`,
      options.stripPrefix === undefined ? "" : `without ${options.stripPrefix}`,
      options.query === undefined ? "" : "query",
      options.host === undefined ? "" : `host ${options.host}`,
      options.location === "asSent" ? "Location as sent" : "",
    ];
    const changed = parsed?.pieces ?? strip;
    const host = hostOf(options, context);
    const query = options.query === undefined ? null : lowerQuery(options.query, context);
    return call<RewriteConfig>(
      "policies/rewrite",
      "createRewrite",
      {
        path: changed ?? null,
        query,
        host: host ?? null,
      },
      {
        ...sentBy("query", query),
        reroutes: {
          ...(changed === undefined ? {} : { path: changed }),
          ...(options.query === undefined ? {} : { query: true }),
          ...(host === undefined ? {} : { host }),
          ...keptLocation(options),
        },
        // Only where a request could bring `..` about is there anything to refuse.
        hooks: parsed?.mayBeDots ? ["request", "upstreamRequest"] : isChange(options) ? ["upstreamRequest"] : [],
        mayAnswer: parsed?.mayBeDots === true,
        summary: summary.filter((text) => text !== "").join(", "),
      },
    );
  },
});

/** Whether the request to the service becomes another one. */
const isChange = ({ path, stripPrefix, query, host }: RewriteOptions): boolean =>
  [path, stripPrefix, query, host].some((option) => option !== undefined);

/** The path goes on byte for byte. */
const asSent = "asSent";

function lowerAsSent(options: RewriteOptions, context: PolicyContext): LoweredPolicy {
  const { path, ...operation } = context.operation!;
  const strip = options.stripPrefix === undefined ? operation.strip : (prefixLength(options.stripPrefix, path) ?? 0);
  const prepend = options.stripPrefix === undefined ? operation.prepend : "";
  const host = hostOf(options, context);
  const query = options.query === undefined ? null : lowerQuery(options.query, context);
  const summary = [
    "path as sent",
    options.stripPrefix === undefined ? "" : `without ${options.stripPrefix}`,
    query === null ? "" : "query",
    options.host === undefined ? "" : `host ${options.host}`,
    options.location === "asSent" ? "Location as sent" : "",
  ];
  return call<RewriteAsSentConfig>(
    "policies/rewrite",
    "createRewriteAsSent",
    { strip, prepend, query, host: host ?? null },
    {
      ...sentBy("query", query),
      reroutes: {
        asSent: { strip, prepend },
        ...(query === null ? {} : { query: true }),
        ...(host === undefined ? {} : { host }),
        ...keptLocation(options),
      },
      hooks: ["upstreamRequest"],
      summary: summary.filter((text) => text !== "").join(", "),
    },
  );
}

const keptLocation = ({ location }: RewriteOptions): Pick<Reroute, "keepsLocation"> =>
  location === "asSent" ? { keepsLocation: true } : {};

const hostOf = ({ host }: RewriteOptions, context: PolicyContext): StartValueIr | string | undefined =>
  host === undefined ? undefined : startValue(host, context.at("/host"));

function checkPath(template: string, path: PathPattern, context: PolicyContext): void {
  const at = context.at("/path");
  for (const problem of parsePathTemplate(template, path).problems) {
    if (problem.kind === "unknown") {
      const { name, known } = problem;
      const last = path.segments.at(-1);
      const help =
        last?.kind === "rest" && last.name === name
          ? `\`${name}\` takes several segments: write \`/{**}\` at the end, as in \`path: "/internal/{**}"\`.`
          : suggestion(name, known);
      context.report(unknownParameter(at, { parameter: `{${name}}`, path: path.template, suggestion: help }));
    } else if (problem.kind === "rest") context.report(restNotLast(at));
    else if (problem.kind === "dots") context.report(dotSegment(at, { segment: problem.segment }));
    else context.report(invalidCharacter(at, { character: problem.character }));
  }
}

/** Characters of the public path that the prefix takes up, where it is made of the path's first, literal segments. */
function prefixLength(prefix: string, path: PathPattern): number | undefined {
  const trimmed = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  if (trimmed === "") return undefined;
  const isPrefix = trimmed
    .slice(1)
    .split("/")
    .every((text, index) => {
      const segment = path.segments[index];
      return segment?.kind === "literal" && segment.text === text;
    });
  return isPrefix ? trimmed.length : undefined;
}

function lowerQuery(
  query: NonNullable<RewriteOptions["query"]>,
  context: PolicyContext,
): Lowered<NonNullable<RewriteConfig["query"]>> {
  const lowerValues = (values: Readonly<Record<string, QueryValue>> | undefined, pointer: string) =>
    Object.entries(values ?? {}).flatMap(([name, written]) => {
      const at = `${pointer}/${token(name)}`;
      const value =
        typeof written === "string"
          ? startValue(written, context.at(at))
          : context.expression(written.expression, `${at}/expression`, "string");
      return value === undefined ? [] : [{ name, value }];
    });
  return {
    rename: Object.entries(query.rename ?? {}).map(([from, to]) => ({ from, to })),
    remove: query.remove ?? [],
    set: lowerValues(query.set, "/query/set"),
    add: lowerValues(query.add, "/query/add"),
  };
}

/** uri-host and port of RFC 9112 §3.2, without user information. */
const isHost = (text: string): boolean => /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(text);
