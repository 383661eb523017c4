import { emittedIn } from "../../../ir/config-nodes.ts";
import type { GatewayIr } from "../../../ir/gateway.ts";
import type { ParameterReaderIr } from "../../../ir/parameter.ts";
import type { JsonSchema } from "../../../ir/schema.ts";
import { JsExpression } from "../../../text/js-value.ts";
import type { MappedLine } from "../../../text/mapped-writer.ts";
import type { ModuleWriter } from "../module-writer.ts";
import { ParameterWriter, writeParameterReader } from "./index.ts";

/** Prints functions that read parameters, each once in a module, and what several of them have in common once as well. */
export class ReaderPrinter {
  readonly #schemas: ReadonlyMap<string, JsonSchema>;
  readonly #validator: (schema: string, writer: ModuleWriter) => JsExpression;
  /** How many operations have the same parameters outside of the path. */
  readonly #readers = new Map<string, number>();
  /** What the modules have printed of readers. */
  readonly #printed = new WeakMap<ModuleWriter, PrintedReaders>();

  /** @param validator gives the name of the validator of a schema */
  constructor(ir: GatewayIr, validator: (schema: string, writer: ModuleWriter) => JsExpression) {
    this.#schemas = new Map(ir.schemas.map(({ id, schema }) => [id, schema]));
    this.#validator = validator;
    for (const { steps } of ir.operations)
      for (const { config } of steps)
        for (const reader of emittedIn(config, "parameterReader")) {
          const key = commonKey(reader);
          if (key !== undefined) this.#readers.set(key, (this.#readers.get(key) ?? 0) + 1);
        }
  }

  /** Prints the reader, unless the module has one that does the same, and gives its name. */
  print(reader: ParameterReaderIr, writer: ModuleWriter): JsExpression {
    const printed = this.#printedIn(writer);
    const name = writer.name(`read ${reader.operation} parameters`);
    const { operation, path, unknownQuery: unknown, knownQuery: known, parameters } = reader;
    const query = { unknown, known };
    const common = this.#commonReader(reader, printed, writer);
    const begin = writer.lines.length;
    if (common === undefined) writeParameterReader(parameters, { name, operation, path, query }, printed.writer);
    else {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      const options = { name, operation, path, query: { unknown: "allow", known: [] }, last: common } as const;
      writeParameterReader(inPath, options, printed.writer);
    }
    const text = bodyText(writer.lines.slice(begin), name);
    const same = printed.byText.get(text);
    if (same !== undefined) {
      writer.lines.length = begin;
      return new JsExpression(same);
    }
    printed.byText.set(text, name);
    printed.writer.finish();
    return new JsExpression(name);
  }

  #printedIn(writer: ModuleWriter): PrintedReaders {
    let printed = this.#printed.get(writer);
    if (printed === undefined) {
      const context = {
        module: writer,
        validator: (schema: string) => this.#validator(schema, writer).text,
        schemaOf: (id: string) => this.#schemas.get(id),
      };
      printed = { writer: new ParameterWriter(context), common: new Map(), byText: new Map() };
      this.#printed.set(writer, printed);
    }
    return printed;
  }

  /** Large specs give hundreds of operations the same parameters outside of the path: one function reads them for all. */
  #commonReader(reader: ParameterReaderIr, printed: PrintedReaders, writer: ModuleWriter): string | undefined {
    const key = commonKey(reader);
    if (key === undefined || (this.#readers.get(key) ?? 0) < 2) return undefined;
    let name = printed.common.get(key);
    if (name === undefined) {
      const { operation, path, unknownQuery, knownQuery, parameters } = reader;
      name = writer.name(`read ${operation} query`);
      printed.common.set(key, name);
      const others = parameters.filter((parameter) => parameter.in !== "path");
      const query = { unknown: unknownQuery, known: knownQuery };
      const shown = `${operation}, and of others, outside of the path`;
      writeParameterReader(others, { name, operation: shown, path, query }, printed.writer);
    }
    return name;
  }
}

interface PrintedReaders {
  readonly writer: ParameterWriter;
  /** Names of the functions that read what several operations have in common, by what they read. */
  readonly common: Map<string, string>;
  /** Names of readers by their code. */
  readonly byText: Map<string, string>;
}

/** The code of a function without its name and without the comments that say where it came from. */
const bodyText = (lines: readonly MappedLine[], name: string): string =>
  lines
    .filter(({ text }) => !/^\/[/*]/.test(text))
    .map(({ text }) => (text.startsWith(`function ${name}(`) ? text.slice(name.length + 9) : text))
    .join("\n");

/** Equal where the same code reads what is outside of the path; undefined where there is nothing. */
function commonKey({ parameters, unknownQuery, knownQuery }: ParameterReaderIr): string | undefined {
  const others = parameters.filter((parameter) => parameter.in !== "path").map(({ origin: _, ...parameter }) => parameter);
  return others.length === 0 ? undefined : JSON.stringify([others, unknownQuery, knownQuery]);
}
