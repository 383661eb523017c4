import { expect } from "vitest";
import { celTypes, checkExpression } from "../../../compiler/expressions/index.ts";
import { ExpressionError } from "../../../runtime/expressions/error.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { box, show } from "../../conformance/cel/values.ts";
import { declaredIn, evaluateExpression } from "../../reference/evaluate-expression.ts";
import { compilePolicy } from "./run-expression.ts";
import type { environment as environmentOf } from "./support.ts";

/** What an expression gives, as text; `error` where it has no value. */
function outcome(run: () => unknown): string {
  try {
    return show(run());
  } catch (error) {
    if (error instanceof ExpressionError) return "error";
    throw error;
  }
}

const withoutUndefined = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

/**
 * Runs an expression as emitted code and in the interpreter, over one request with this body and these claims, and expects
 * the same. Returns what the checker says where it refuses the expression.
 */
export function compareEmitted(
  text: string,
  environment: ReturnType<typeof environmentOf>,
  given: unknown,
  claimed: unknown,
): readonly string[] | undefined {
  const { expression, problems } = checkExpression(text, environment, celTypes.dyn);
  if (expression === undefined) return problems.map(({ message }) => message);
  const [payload, facts] = [withoutUndefined(given), withoutUndefined(claimed)];
  const identity = { subject: "ann", scheme: "bearer", roles: ["r"], scopes: ["a", "orders:write"], claims: facts };
  const x = {
    method: "POST",
    path: "/orders/1",
    host: "h",
    query: "page=2&q=a%20b&limit=3",
    headers: new HeaderList(["X-Tenant", "acme", "X-Tenant", "other"]),
    peer: { ip: "10.0.0.1" },
    identity,
  };
  const params = { orderId: "a", "line-no": "1", "?limit": 3, "?tags": ["a", "b c"] };
  const compiled = compilePolicy(expression);
  const emitted = outcome(() => box(compiled.run(x, params, payload), expression.type));
  const interpreted = outcome(() =>
    evaluateExpression(expression, {
      "request.method": x.method,
      "request.path": x.path,
      "request.host": x.host,
      // Lines of one field are one list (RFC 9110 §5.3).
      "request.headers": new Map([["x-tenant", "acme, other"]]),
      "request.query": new Map([
        ["page", "2"],
        ["q", "a b"],
        ["limit", "3"],
      ]),
      [declaredIn("request.query")]: { limit: 3, tags: ["a", "b c"] },
      params,
      body: payload,
      "identity.subject": identity.subject,
      "identity.scopes": identity.scopes,
      "identity.roles": identity.roles,
      "identity.claims": facts,
    }),
  );
  expect({ text, code: compiled.text, outcome: emitted }).toEqual({ text, code: compiled.text, outcome: interpreted });
  if (!compiled.fails) expect(emitted, text).not.toBe("error");
  return undefined;
}
