import type { DeclaredParameterIr, ExpressionIr, PathParameterIr } from "../../compiler/expressions/index.ts";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import * as facts from "../../runtime/exchange/facts.ts";
import { HeaderParameter } from "../../runtime/expressions/header-parameter.ts";
import { PathParameter } from "../../runtime/expressions/path-parameter.ts";
import { QueryParameter } from "../../runtime/expressions/query-parameter.ts";
import { headerMap, queryMap } from "../../runtime/expressions/request.ts";
import { RestParameter } from "../../runtime/expressions/rest-parameter.ts";
import { SplitParameter } from "../../runtime/expressions/split-parameter.ts";
import { timestampOfMillis } from "../../runtime/expressions/timestamp.ts";
import type { Geo } from "../../runtime/geo/geo.ts";
import { clock } from "../../runtime/life/clock.ts";
import { type Bindings, declaredIn, evaluateExpression } from "./evaluate-expression.ts";

/** An expression as a function of the exchange, evaluated node by node. */
export const interpretExpression =
  (expression: ExpressionIr, geo?: Geo) =>
  (x: Exchange): unknown =>
    evaluateExpression(expression, bindingsOf(expression, x, geo));

function readerOf({ piece, types, part }: PathParameterIr): PathParameter {
  if (part === undefined) return new PathParameter(piece, types);
  return part === "rest" ? new RestParameter(piece, types) : new SplitParameter(piece, types, part);
}

function bindingsOf({ inPath = {}, inQuery = {}, inHeaders = {} }: ExpressionIr, x: Exchange, geo: Geo | undefined): Bindings {
  const params = Object.fromEntries(Object.entries(inPath).map(([name, parameter]) => [name, readerOf(parameter).of(x)]));
  const { identity } = x;
  return {
    "request.method": x.method,
    "request.path": x.path,
    "request.host": x.host,
    "request.headers": Object.fromEntries(headerMap(x.headers)),
    "request.query": Object.fromEntries(queryMap(x.query)),
    [declaredIn("request.query")]: sent(inQuery, (name, reading) => new QueryParameter({ name, ...reading }).of(x)),
    [declaredIn("request.headers")]: sent(inHeaders, (name, { types, list, ...others }) =>
      new HeaderParameter({ name, types, ...(list === undefined ? {} : { list: "," }), ...others }).of(x),
    ),
    params,
    body: x.bodyValue,
    "identity.subject": identity?.subject,
    "identity.scheme": identity?.scheme,
    "identity.roles": identity?.roles,
    "identity.scopes": identity?.scopes,
    "identity.claims": identity?.claims,
    "identity.issuer": identity?.issuer,
    "identity.tenant": identity?.tenant,
    "identity.tier": identity?.tier,
    "peer.ip": x.peer.ip,
    "peer.country": geo?.country(x.peer.ip),
    "peer.asn": geo?.asn(x.peer.ip),
    "peer.asOrganization": geo?.asOrganization(x.peer.ip),
    ...answerBindings(x),
    ...problemBindings(x),
    ...Object.fromEntries(Object.entries(facts).map(([name, factOf]) => [`exchange.${name}`, factOf(x)])),
    now: timestampOfMillis(clock.wall()),
  };
}

function answerBindings({ answer, answerValue }: Exchange): Bindings {
  if (answer === undefined) return {};
  return {
    "response.body": answerValue,
    "response.status": answer.status,
    "response.headers": Object.fromEntries(headerMap(answer.headers)),
  };
}

function problemBindings({ answer, requestId, trace }: Exchange): Bindings {
  if (answer?.problem === undefined) return {};
  const { status, slug, title, detail = title, members } = answer.problem;
  return {
    "problem.status": status,
    "problem.type": `urn:gatewright:problem:${slug}`,
    "problem.slug": slug,
    "problem.title": title,
    "problem.detail": detail,
    "problem.violations": members?.violations ?? [],
    "problem.requestId": requestId,
    "problem.traceId": trace?.traceId ?? "",
    "problem.spanId": trace?.spanId ?? "",
  };
}

function sent(
  declared: Readonly<Record<string, DeclaredParameterIr>>,
  read: (name: string, reading: DeclaredParameterIr) => unknown,
): Readonly<Record<string, unknown>> {
  const values = Object.entries(declared).map(([name, reading]) => [name, read(name, reading)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
