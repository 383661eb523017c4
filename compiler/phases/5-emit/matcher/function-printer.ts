import type CodeBlockWriter from "code-block-writer";
import { jsIdentifier, jsString } from "../../../text/js.ts";
import type { Candidate } from "../../4-plan/route-tree.ts";
import { writeConditions } from "./conditions.ts";
import { hasConditions, type NodeFunctions, type Table } from "./node-function.ts";
import { type Mark, type MatcherFunction, replaceMarks, type Shape } from "./shape.ts";

/**
 * So many functions of one shape are printed as one with a row of constants: in a large gateway few functions are then
 * hot, where thousands of cold ones would each be interpreted.
 */
const shareFrom = 8;

/** Prints functions and tables; those of one shape once. */
export class FunctionPrinter {
  readonly #nodes: NodeFunctions;
  readonly #nameOf: (operation: number) => string;
  readonly #taken: Set<string>;
  readonly #names = new Map<MatcherFunction | Shape, string>();
  readonly #tableNames = new Map<number, string>();
  /** Rows of shared functions that a function printed for itself calls. */
  readonly #rows: { readonly name: string; readonly row: string }[] = [];

  constructor(nodes: NodeFunctions, nameOf: (operation: number) => string, taken: Set<string>) {
    this.#nodes = nodes;
    this.#nameOf = nameOf;
    this.#taken = taken;
    for (const table of nodes.tables) {
      const name = jsIdentifier(`${nameFor(table.prefix)} table`, taken);
      taken.add(`${name}Displacements`).add(`${name}Rows`);
      this.#tableNames.set(table.id, name);
    }
  }

  /** A call of a function from code that is not in a row itself. */
  call(to: MatcherFunction, args: string): string {
    return `${this.#nameFor(to)}(${args}${this.#rowArgument(to)})`;
  }

  /** Statements that return the first candidate whose conditions hold. */
  candidates(candidates: readonly Candidate[], helpers: Map<string, string>): string[] {
    const lines: string[] = [];
    for (const candidate of candidates) {
      const found = `return ${this.#nameOf(candidate.operation)};`;
      if (!hasConditions(candidate)) return [...lines, found];
      lines.push(`if (${writeConditions(candidate, helpers)}) ${found}`);
    }
    return lines;
  }

  /** Parents stand before their children, as a reader meets them. */
  writeAll(writer: CodeBlockWriter): void {
    const printed = new Set<Shape>();
    for (const made of this.#nodes.functions.toReversed()) {
      if (!isShared(made)) this.#write(writer, made);
      else if (!printed.has(made.shape)) {
        printed.add(made.shape);
        this.#writeShared(writer, made);
      }
    }
    for (const { name, row } of this.#rows) writer.writeLine(`const ${name} = ${row};`);
    for (const table of this.#nodes.tables) this.#writeTable(writer, table);
  }

  #write(writer: CodeBlockWriter, made: MatcherFunction): void {
    const body = replaceMarks(made.shape.body, made.marks, (letter, mark) => this.#own(letter, mark));
    writer.writeLine(`/** ${commentText(`${made.prefix}/…`)} */`);
    writer
      .write(`function ${this.#nameFor(made)}${body}`)
      .newLine()
      .blankLine();
  }

  #writeShared(writer: CodeBlockWriter, made: MatcherFunction): void {
    const body = replaceMarks(made.shape.body, made.marks, (letter, mark, index) =>
      this.#inRow(letter, mark, offsetOf(made, index)),
    );
    writer.writeLine(`/** ${commentText(`${made.prefix}/…`)} and ${made.shape.count - 1} more that differ in constants only. */`);
    writer
      .write(`function ${this.#nameFor(made)}${body.replace(", at)", ", at, row, from)")}`)
      .newLine()
      .blankLine();
  }

  #own(letter: string, mark: Mark): string {
    const print: { readonly [Kind in Mark["kind"]]: (mark: Extract<Mark, { kind: Kind }>) => string } = {
      operation: ({ operation }) => this.#nameOf(operation),
      text: ({ text }) => (letter === "l" ? String(text.length) : `path.startsWith(${jsString(text)}, at)`),
      call: ({ to }) => (letter === "c" ? this.#nameFor(to) : this.#rowArgument(to)),
      table: ({ id }) => this.#tablePart(letter, id),
    };
    return (print[mark.kind] as (mark: Mark) => string)(mark);
  }

  #inRow(letter: string, mark: Mark, offset: number): string {
    const at = offset === 0 ? "from" : `from + ${offset}`;
    if (mark.kind === "call") return letter === "c" ? this.#nameFor(mark.to) : `, row, ${at}`;
    if (mark.kind === "operation") return `row[${at}]`;
    return letter === "l" ? `row[${at}].length` : `path.indexOf(row[${at}], at) === at`;
  }

  #tablePart(letter: string, id: number): string {
    const table = this.#nodes.tables[id]!;
    const name = this.#tableNames.get(id)!;
    if (letter === "b") return name;
    const shape = commonShape(table);
    if (letter === "s") return String(isPlain(table) ? 2 : shape === undefined ? 3 : 1 + rowLength(shape));
    const args = `${table.subject}, stop`;
    if (shape !== undefined) return `${this.#nameFor(shape)}(${args}, ${name}, slot + 1)`;
    return `${name}[slot + 1](${args}, ${name}Rows, ${name}[slot + 2])`;
  }

  #writeTable(writer: CodeBlockWriter, table: Table): void {
    const name = this.#tableNames.get(table.id)!;
    const isOfOneShape = commonShape(table) !== undefined;
    const rows: string[] = [];
    let used = 0;
    writer.writeLine(`/** ${commentText(`${table.prefix}/…`)}: literal segments by slot, see \`${name}Displacements\`. */`);
    writer.write(`const ${name} = [`).newLine();
    writer.indent(() => {
      for (const [slot, text] of table.hash.slots.entries()) {
        const entry = table.entries[slot]!;
        if (typeof entry === "number") writer.writeLine(`${jsString(text)}, ${this.#nameOf(entry)},`);
        else if (isOfOneShape) writer.writeLine(`${jsString(text)}, ${this.#row(entry)},`);
        else {
          writer.writeLine(`${jsString(text)}, ${this.#nameFor(entry)}, ${used},`);
          if (!isShared(entry)) continue;
          rows.push(this.#row(entry));
          used += rowLength(entry);
        }
      }
    });
    writer.write("];").newLine();
    if (typeof table.entries[0] !== "number" && !isOfOneShape) {
      writer
        .writeLine("/** Constants of the functions in the table; each entry says from where. */")
        .write(`const ${name}Rows = [`)
        .newLine();
      writer.indent(() => {
        for (const row of rows) writer.writeLine(`${row},`);
      });
      writer.write("];").newLine();
    }
    writer.writeLine("/** Mixed into the hash of a segment, these give each text of the table a slot of its own. */");
    writer.writeLine(`const ${name}Displacements = [${table.hash.displacements.join(", ")}];`).blankLine();
  }

  #row(made: MatcherFunction): string {
    const print: { readonly [Kind in Mark["kind"]]: (mark: Extract<Mark, { kind: Kind }>) => string } = {
      operation: ({ operation }) => this.#nameOf(operation),
      text: ({ text }) => jsString(text),
      call: ({ to }) => this.#row(to),
      table: () => {
        throw new Error("a function with a table is never shared");
      },
    };
    return made.marks.map((mark) => (print[mark.kind] as (mark: Mark) => string)(mark)).join(", ");
  }

  #rowArgument(to: MatcherFunction): string {
    if (!isShared(to)) return "";
    const name = jsIdentifier(`${nameFor(to.prefix)} row`, this.#taken);
    this.#rows.push({ name, row: `[${this.#row(to)}]` });
    return `, ${name}, 0`;
  }

  #nameFor(made: MatcherFunction): string {
    const key = isShared(made) ? made.shape : made;
    let name = this.#names.get(key);
    if (name === undefined) this.#names.set(key, (name = jsIdentifier(nameFor(made.prefix), this.#taken)));
    return name;
  }
}

const isShared = ({ shape, marks }: MatcherFunction): boolean =>
  shape.count >= shareFrom && marks.every(({ kind }) => kind !== "table");

/** Constants of the function and of those it calls, one after the other: neighbours in memory. */
const rowLength = (made: MatcherFunction): number => offsetOf(made, made.marks.length);

const offsetOf = (made: MatcherFunction, index: number): number =>
  made.marks.slice(0, index).reduce((sum, mark) => sum + (mark.kind === "call" ? rowLength(mark.to) : 1), 0);

const isPlain = (table: Table): boolean => typeof table.entries[0] === "number";

/** A function of the shape that all entries share. */
function commonShape({ entries: [first, ...others] }: Table): MatcherFunction | undefined {
  if (first === undefined || typeof first === "number" || !isShared(first)) return undefined;
  return others.every((entry) => typeof entry !== "number" && entry.shape === first.shape) ? first : undefined;
}

/** `getV1OrdersItem` for `GET /v1/orders/{}`; of long paths the end. */
function nameFor(prefix: string): string {
  const words = prefix.replaceAll("{}", " item ").match(/[A-Za-z0-9]+/g) ?? ["root"];
  const shown = words.length > 5 ? [words[0]!, ...words.slice(-4)] : words;
  return shown.map((word, index) => (index === 0 ? word.toLowerCase() : word)).join(" ");
}

/** Paths may hold the end of a comment. */
const commentText = (text: string): string => text.replaceAll("*/", "*\\/");
