import type { ExpressionIr } from "../../compiler/expressions/index.ts";
import { clock } from "../../runtime/clock.ts";
import type { Exchange } from "../../runtime/exchange.ts";
import { PathParameter } from "../../runtime/expressions/path-parameter.ts";
import { QueryParameter } from "../../runtime/expressions/query-parameter.ts";
import { headerMap, queryMap } from "../../runtime/expressions/request.ts";
import { timestampOfMillis } from "../../runtime/expressions/timestamp.ts";
import { type Bindings, declaredQuery, evaluateExpression } from "./evaluate-expression.ts";

/** An expression as a function of the exchange, evaluated node by node. */
export const interpretExpression =
  (expression: ExpressionIr) =>
  (x: Exchange): unknown =>
    evaluateExpression(expression, bindingsOf(expression, x));

function bindingsOf({ inPath = {}, inQuery = {} }: ExpressionIr, x: Exchange): Bindings {
  const params = Object.fromEntries(
    Object.entries(inPath).map(([name, { piece, types }]) => [name, new PathParameter(piece, types).of(x)]),
  );
  const { identity } = x;
  return {
    "request.method": x.method,
    "request.path": x.path,
    "request.host": x.host,
    "request.headers": Object.fromEntries(headerMap(x.headers)),
    "request.query": Object.fromEntries(queryMap(x.query)),
    [declaredQuery]: Object.fromEntries(
      Object.entries(inQuery)
        .map(([name, reading]) => [name, new QueryParameter({ name, ...reading }).of(x)] as const)
        .filter(([, value]) => value !== undefined),
    ),
    params,
    body: x.bodyValue,
    "identity.subject": identity?.subject,
    "identity.scheme": identity?.scheme,
    "identity.roles": identity?.roles,
    "identity.scopes": identity?.scopes,
    "peer.ip": x.peer.ip,
    now: timestampOfMillis(clock.wall()),
  };
}
