import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import type { NullReading } from "../../source/schema-31.ts";
import type { JsonObject, SpecSource } from "../../source/source-set.ts";
import { nullableEnum } from "./messages.gen.ts";

/** Schemas of one spec in which `nullable` stands beside an `enum` without null, and how they are read. */
export class NullableEnums implements NullReading {
  readonly allowsInEnum: boolean;
  readonly #isSettled: boolean;
  readonly #schemas = new Set<JsonObject>();

  constructor({ openapi, nullableEnums }: Pick<SpecSource, "openapi" | "nullableEnums">) {
    this.#isSettled = nullableEnums !== undefined;
    // OpenAPI 3.0.3 was the first to say that `enum` decides.
    this.allowsInEnum = nullableEnums === undefined ? /^(2|3\.0\.[0-2]\b)/.test(openapi) : nullableEnums === "allow";
  }

  found(schema: JsonObject): void {
    this.#schemas.add(schema);
  }

  /** Once for all, unless `gateway.yaml` says how they are to be read. */
  report(positions: Positions, sink: DiagnosticSink): void {
    const [first] = this.#schemas;
    if (first === undefined || this.#isSettled) return;
    const count = this.#schemas.size;
    const more = count === 1 ? "" : ` (in ${count} schemas)`;
    const reading = this.allowsInEnum ? "allowed" : "refused";
    sink.report(nullableEnum(positions.value(first, "enum"), { reading, more }));
  }
}
