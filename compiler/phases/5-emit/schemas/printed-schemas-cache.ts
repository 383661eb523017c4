import { isDeepStrictEqual } from "node:util";
import type { SchemaIr } from "../../../ir/schema.ts";
import { type PrintedSchemas, printSchemas } from "./index.ts";

/** Holds the validators of the last build; they are those of the next one where it uses the same schemas. */
export class PrintedSchemasCache {
  #last: { readonly schemas: readonly SchemaIr[]; readonly used: string; readonly printed: PrintedSchemas } | undefined;

  print(schemas: readonly SchemaIr[], used: ReadonlySet<string>): PrintedSchemas {
    const key = [...used].sort().join("\n");
    const last = this.#last;
    if (last !== undefined && last.used === key && areSame(last.schemas, schemas)) return last.printed;
    const printed = printSchemas(schemas, used);
    this.#last = { schemas, used: key, printed };
    return printed;
  }
}

/** Those of specs are the same objects as long as no spec changes; those of security schemes are made with each build. */
function areSame(last: readonly SchemaIr[], schemas: readonly SchemaIr[]): boolean {
  if (last === schemas) return true;
  return (
    last.length === schemas.length &&
    schemas.every((schema, index) => schema === last[index] || isDeepStrictEqual(schema, last[index]))
  );
}
