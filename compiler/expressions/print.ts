import type { ExpressionIr } from "../ir/expression.ts";
import type { Code } from "./code.ts";
import { exchangeFacts } from "./environment.ts";
import { Printer } from "./printer.ts";

/** What the module around an expression supplies. */
export interface ExpressionNames {
  /** Code of a declared variable, and the identifiers of the function around that it uses. Not asked for declared parameters. Must not throw. */
  variable(name: string): VariableCode;
  /** Code of a path parameter, which must not throw. */
  param(name: string): VariableCode;
  /** Code of a declared query parameter, undefined where it was not sent. Must not throw. */
  query(name: string): VariableCode;
  /** Code of a declared header field, by its lower-case name; undefined where it was not sent. Must not throw. */
  header(name: string): VariableCode;
  /** A name at module level that nothing else has, made from `hint`. */
  declare(hint: string): string;
  /** Imports what knows where addresses are (`Geo`) and gives its local name. */
  geo(): string;
  /** Imports `name` from `gatewright/runtime/<module>` and gives its local name. */
  runtime(module: string, name: string): string;
}

export interface VariableCode {
  readonly text: string;
  readonly uses: readonly string[];
}

export interface PrintedExpression {
  /** A JavaScript expression. */
  readonly text: string;
  /** It may throw an `ExpressionError`; who calls it refuses. */
  readonly fails: boolean;
  /** Statements for the module level, in order: constants and functions that `text` uses. */
  readonly declarations: readonly string[];
  /** Identifiers of the function around that `text` uses. */
  readonly uses: readonly string[];
}

/** Prints a checked expression as straight JavaScript. */
export function printExpression(ir: ExpressionIr, names: ExpressionNames): PrintedExpression {
  const printer = new Printer(names);
  const code: Code = printer.print(ir.root);
  return { text: code.text, fails: code.fails, declarations: printer.declarations, uses: [...code.uses] };
}

/** Names for code that has the exchange at hand as `x`, and the parsed body (undefined where there is none) as `body`. */
export function exchangeNames(names: Omit<ExpressionNames, "variable"> & { readonly body?: VariableCode }): ExpressionNames {
  const x = (text: string): VariableCode => ({ text, uses: ["x"] });
  const timestampOfMillis = (): string => names.runtime("expressions/timestamp", "timestampOfMillis");
  const clock = (): string => names.runtime("life/clock", "clock");
  const known: Readonly<Record<string, () => VariableCode>> = {
    "request.method": () => x("x.method"),
    "request.path": () => x("x.path"),
    "request.host": () => x("x.host"),
    "request.headers": () => x("x.headers"),
    "request.query": () => x("x.query"),
    body: () => names.body ?? { text: "body", uses: ["body"] },
    "identity.subject": () => x("x.identity.subject"),
    "identity.scheme": () => x("x.identity.scheme"),
    "identity.roles": () => x("x.identity.roles"),
    "identity.scopes": () => x("x.identity.scopes"),
    "identity.claims": () => x("x.identity.claims"),
    "identity.issuer": () => x("x.identity.issuer"),
    "identity.tenant": () => x("x.identity.tenant"),
    "identity.tier": () => x("x.identity.tier"),
    "peer.ip": () => x("x.peer.ip"),
    "peer.country": () => x(`${names.geo()}.country(x.peer.ip)`),
    "peer.asn": () => x(`${names.geo()}.asn(x.peer.ip)`),
    "peer.asOrganization": () => x(`${names.geo()}.asOrganization(x.peer.ip)`),
    // Asked where there is an answer.
    "response.status": () => x("x.answer.status"),
    "response.headers": () => x("x.answer.headers"),
    // Asked where who asks has read it.
    "response.body": () => x("x.answerValue"),
    // Asked where there is a problem.
    "problem.status": () => x("x.answer.problem.status"),
    "problem.type": () => x(`${names.runtime("answers/problem", "problemType")}(x.answer.problem)`),
    "problem.slug": () => x("x.answer.problem.slug"),
    "problem.title": () => x("x.answer.problem.title"),
    "problem.detail": () => x("(x.answer.problem.detail ?? x.answer.problem.title)"),
    "problem.violations": () => x(`${names.runtime("answers/problem", "violationsIn")}(x.answer.problem)`),
    "problem.requestId": () => x("x.requestId"),
    "problem.traceId": () => x(`(x.trace?.traceId ?? "")`),
    "problem.spanId": () => x(`(x.trace?.spanId ?? "")`),
    // Asked when it is over.
    ...Object.fromEntries(
      Object.keys(exchangeFacts).map((name) => [`exchange.${name}`, () => x(`${names.runtime("exchange/facts", name)}(x)`)]),
    ),
    now: () => ({ text: `${timestampOfMillis()}(${clock()}.wall())`, uses: [] }),
  };
  return {
    ...names,
    variable(name) {
      const code = known[name];
      if (code === undefined) throw new Error(`no code for the variable ${name}`);
      return code();
    },
  };
}
