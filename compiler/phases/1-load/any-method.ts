import type { Positions } from "../../ir/positions.ts";
import { isObject } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";

const anyMethod = "x-amazon-apigateway-any-method";

/** GET answers HEAD too, and OPTIONS is for `cors` or a route of its own. */
const methods = ["get", "put", "post", "delete", "patch"] as const;

/**
 * Amazon API Gateway exports an operation of all methods as an extension. It takes the place of each method that the path
 * item does not have.
 */
export function writeOutAnyMethod(item: JsonObject, positions: Positions): void {
  const operation = item[anyMethod];
  if (!isObject(operation)) return;
  for (const method of methods) {
    if (Object.hasOwn(item, method)) continue;
    const copy: JsonObject = { ...operation };
    positions.inherit(copy, operation);
    // The tree is ours and not handed out yet.
    (item as { [key: string]: JsonValue })[method] = copy;
    positions.borrow(item, method, item, anyMethod);
  }
}
