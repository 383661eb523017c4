import type { SchemaIr } from "../../../ir/schema.ts";
import { type PrintedSchemas, printSchemas } from "./index.ts";

/** Holds the validators of the last build; they are those of the next one where it uses the very same schemas. */
export class PrintedSchemasCache {
  #last: { readonly schemas: readonly SchemaIr[]; readonly used: string; readonly printed: PrintedSchemas } | undefined;

  print(schemas: readonly SchemaIr[], used: ReadonlySet<string>): PrintedSchemas {
    const key = [...used].sort().join("\n");
    const last = this.#last;
    if (last?.schemas === schemas && last.used === key) return last.printed;
    const printed = printSchemas(schemas, used);
    this.#last = { schemas, used: key, printed };
    return printed;
  }
}
