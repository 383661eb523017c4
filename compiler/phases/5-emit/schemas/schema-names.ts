import type { SchemaIr } from "../../../ir/schema.ts";
import { jsIdentifier } from "../../../text/js.ts";
import { innerNames } from "../../../text/reserved-names.ts";

/** Where the validator of a schema is emitted, and under which name. */
export interface ValidatorName {
  /** `schemas/orders-v1/order.js`. */
  readonly path: string;
  readonly name: string;
}

/** Gives every schema a module of its own. Ids are `orders.v1.Order`: the folder is made of the first two parts. */
export function nameValidators(schemas: readonly SchemaIr[]): ReadonlyMap<string, ValidatorName> {
  const names = new Map<string, ValidatorName>();
  // File systems may not tell upper from lower case.
  const taken = new Set<string>();
  for (const { id } of schemas) {
    const parts = id.split(".");
    const folder = fileName(parts.slice(0, 2).join("-"));
    const own = parts.length > 2 ? parts.slice(2).join(".") : id;
    const stem = `schemas/${folder}/${fileName(own)}`;
    let path = `${stem}.js`;
    for (let count = 2; taken.has(path); count++) path = `${stem}-${count}.js`;
    taken.add(path);
    names.set(id, { path, name: validatorName(own) });
  }
  return names;
}

/** `Order` → `order`, `createOrder.body` → `createOrderBody`. */
function validatorName(text: string): string {
  const name = jsIdentifier(text.replaceAll(/[^A-Za-z0-9]+/g, " "), new Set());
  return jsIdentifier(name[0]!.toLowerCase() + name.slice(1), new Set(innerNames));
}

const fileName = (text: string): string =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 80) || "schema";
