import type { Operation } from "../gateway/operation.ts";
import type { HttpExchange } from "./http-exchange.ts";

/**
 * Sends OPTIONS that no operation takes to the service of another operation of the path, as proxies do: the service may
 * answer preflights itself. False: there is none that does so.
 */
export function forwardOptions(x: HttpExchange): boolean {
  const { gateway } = x.state;
  if (gateway.match(x, x.method) !== null) return false;
  const operation = speaker(x);
  if (operation === null || operation.options === undefined) return false;
  x.operation = operation;
  try {
    operation.options(x)?.then(undefined, (error: unknown) => x.fail(error));
  } catch (error) {
    x.fail(error);
  }
  return true;
}

/** The operation that a preflight asks about, otherwise the first of the path. */
function speaker(x: HttpExchange): Operation | null {
  const { gateway } = x.state;
  const asked = x.headers.has("origin") ? x.headers.single("access-control-request-method") : undefined;
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
  if (asked !== undefined && asked !== null) {
    const found = gateway.match(x, asked) ?? gateway.parts.findPreflight?.(x, asked);
    if (found !== undefined && found !== null) return found;
  }
  for (let index = 0; index < methods.length; index++) {
    const found = gateway.match(x, methods[index]!);
    if (found !== null) return found;
  }
  return null;
}
