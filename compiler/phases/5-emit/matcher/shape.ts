import CodeBlockWriter from "code-block-writer";
import { jsString } from "../../../text/js.ts";

/**
 * A function of the matcher before it is known whether it is printed for itself or shared: text with marks where
 * operations, literal texts and calls of other functions stand. Functions with the same text and marks do the same
 * work on different constants; where there are many, one is printed and gets its constants in a `row`.
 */
export interface MatcherFunction {
  readonly shape: Shape;
  readonly marks: readonly Mark[];
  /** Path template of the first node, for name and comment. */
  readonly prefix: string;
}

export interface Shape {
  readonly id: number;
  readonly body: string;
  /** Function bodies that have this shape. */
  count: number;
}

export type Mark =
  | { readonly kind: "operation"; readonly operation: number }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly to: MatcherFunction }
  /** Printed by the module printer; a shape with a table is never shared. */
  | { readonly kind: "table"; readonly id: number };

export interface TextTest {
  readonly test: string;
  readonly length: string;
}

/** Writes the body of one function. */
export class BodyWriter {
  readonly writer = new CodeBlockWriter({ indentNumberOfSpaces: 2, newLine: "\n" });
  readonly marks: Mark[] = [];

  operation(operation: number): string {
    return this.#mark("o", { kind: "operation", operation });
  }

  /** Tests for a text at `at`; it is a constant that may differ between functions of one shape. */
  text(text: string): TextTest {
    const test = this.#mark("t", { kind: "text", text });
    return { test, length: test.replace("\u0001t", "\u0001l") };
  }

  /** The same for a text that is part of the shape. */
  fixedText(text: string): TextTest {
    return { test: `path.startsWith(${jsString(text)}, at)`, length: String(text.length) };
  }

  /** `args` are the arguments before the row. */
  call(to: MatcherFunction, args: string): string {
    const mark = this.#mark("c", { kind: "call", to }, String(to.shape.id));
    return `${mark}(${args}${mark.replace("\u0001c", "\u0001r").replace(/\u0003[^\u0002]*/, "")})`;
  }

  /** Name of the table, how many entries a row of it has, and the call that a row leads to. */
  table(id: number): { readonly name: string; readonly stride: string; readonly call: string } {
    const name = this.#mark("b", { kind: "table", id }, String(id));
    return { name, stride: name.replace("\u0001b", "\u0001s"), call: name.replace("\u0001b", "\u0001d") };
  }

  #mark(letter: string, mark: Mark, detail = ""): string {
    this.marks.push(mark);
    return `\u0001${letter}${this.marks.length - 1}${detail === "" ? "" : `\u0003${detail}`}\u0002`;
  }
}

/** Replaces every mark of a body. `print` gets the letter of the mark and the mark. */
export function replaceMarks(
  body: string,
  marks: readonly Mark[],
  print: (letter: string, mark: Mark, index: number) => string,
): string {
  return body.replace(/\u0001([a-z])(\d+)(?:\u0003[^\u0002]*)?\u0002/g, (_, letter: string, index: string) =>
    print(letter, marks[Number(index)]!, Number(index)),
  );
}
