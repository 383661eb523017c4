import { SchemaTable } from "../../contract/schemas/table.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { type EmittedIr, validatorOf } from "../../ir/emitted.ts";
import type { SchemaIr } from "../../ir/schema.ts";
import type { JsonObject, SpecSource } from "../../source/source-set.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";

/** Schemas that security schemes check values against: written in `gateway.yaml`, so that they refer to no spec. */
export class SchemeSchemas {
  readonly #linked: LinkedGateway;
  readonly #table: SchemaTable;
  readonly #source: SpecSource;

  constructor(linked: LinkedGateway, sink: DiagnosticSink) {
    this.#linked = linked;
    this.#table = new SchemaTable(linked.positions, sink);
    // The schemas are those of OpenAPI 3.1; nothing else is asked of the document.
    const document = linked.file as unknown as JsonObject;
    const file = linked.positions.of(linked.file).file;
    this.#source = { file, openapi: "3.1.0", document, resolve: () => undefined, target: () => undefined };
  }

  get schemas(): readonly SchemaIr[] {
    return this.#table.schemas;
  }

  validator(scheme: string, schema: object, from: object): EmittedIr<"validator"> {
    this.#linked.positions.inherit(schema, from);
    // Options are JSON, which the schema of the kind has seen.
    const node = schema as JsonObject;
    return validatorOf(this.#table.add(this.#source, node, { scope: `identity.${scheme}`, name: "claims", view: "request" }));
  }
}
