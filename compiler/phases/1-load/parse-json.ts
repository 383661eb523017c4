import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { originIn } from "../../source/origin-in.ts";
import type { JsonValue } from "../../source/source-set.ts";
import { maxDepth, type ParsedFile, TreeBuilder } from "../../source/tree.ts";
import { duplicateKey, jsonSyntax, nestedTooDeep } from "./messages.gen.ts";

/** A syntax error, at the offset where reading stopped making sense. */
class JsonSyntaxError extends Error {
  readonly start: number;
  readonly end: number;
  constructor(message: string, start: number, end = start + 1) {
    super(message);
    this.start = start;
    this.end = end;
  }
}
class TooDeepError extends JsonSyntaxError {}

/** Parses JSON (RFC 8259) and notes where everything stands; undefined where it does not parse, which is reported unless `quiet`. */
export function parseJson(file: ParsedFile, sink: DiagnosticSink, quiet = false): JsonValue | undefined {
  const parser = new JsonParser(file, sink);
  try {
    return parser.document();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const at = originIn(file, error.start, Math.min(error.end, file.text.length));
    if (error instanceof TooDeepError) sink.report(nestedTooDeep(at, { depth: String(maxDepth) }));
    else if (quiet) return undefined;
    else sink.report(jsonSyntax(at, { file: file.path, problem: error.message }));
    return undefined;
  }
}

class JsonParser {
  readonly #file: ParsedFile;
  readonly #text: string;
  readonly #sink: DiagnosticSink;
  readonly #tree: TreeBuilder;
  #at = 0;
  #depth = 0;

  constructor(file: ParsedFile, sink: DiagnosticSink) {
    this.#file = file;
    this.#text = file.text;
    this.#sink = sink;
    this.#tree = new TreeBuilder(file);
  }

  document(): JsonValue {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new JsonSyntaxError("something follows the end of the document", this.#at);
    return value;
  }

  #value(): JsonValue {
    const text = this.#text;
    switch (text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x74:
        return this.#word("true", true);
      case 0x66:
        return this.#word("false", false);
      case 0x6e:
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(): JsonValue {
    const text = this.#text;
    const tree = this.#tree;
    const start = this.#at;
    const mark = tree.mark;
    const keyMark = tree.keyMark;
    const object: Record<string, JsonValue> = {};
    this.#enter();
    this.#space();
    if (text.charCodeAt(this.#at) !== 0x7d) {
      for (;;) {
        const keyStart = this.#at;
        if (text.charCodeAt(keyStart) !== 0x22) throw new JsonSyntaxError("a key in double quotes was expected", keyStart);
        const key = this.#string();
        const keyEnd = this.#at;
        this.#space();
        if (text.charCodeAt(this.#at) !== 0x3a)
          throw new JsonSyntaxError(`a colon was expected behind the key "${key}"`, this.#at);
        this.#at++;
        this.#space();
        const valueStart = this.#at;
        const value = this.#value();
        if (!tree.entry(object, key, value, keyStart, keyEnd, valueStart, this.#at))
          this.#duplicate(key, keyStart, keyEnd, mark, keyMark);
        this.#space();
        const code = text.charCodeAt(this.#at);
        if (code === 0x7d) break;
        if (code !== 0x2c) throw new JsonSyntaxError("a comma or the end of the object was expected", this.#at);
        this.#at++;
        this.#space();
      }
    }
    this.#at++;
    this.#depth--;
    tree.endObject(object, start, this.#at, mark, keyMark);
    return object;
  }

  #array(): JsonValue {
    const text = this.#text;
    const start = this.#at;
    const mark = this.#tree.mark;
    const array: JsonValue[] = [];
    this.#enter();
    this.#space();
    if (text.charCodeAt(this.#at) !== 0x5d) {
      for (;;) {
        const itemStart = this.#at;
        array.push(this.#value());
        this.#tree.item(itemStart, this.#at);
        this.#space();
        const code = text.charCodeAt(this.#at);
        if (code === 0x5d) break;
        if (code !== 0x2c) throw new JsonSyntaxError("a comma or the end of the array was expected", this.#at);
        this.#at++;
        this.#space();
      }
    }
    this.#at++;
    this.#depth--;
    this.#tree.endArray(array, start, this.#at, mark);
    return array;
  }

  #enter(): void {
    if (++this.#depth > maxDepth) throw new TooDeepError("", this.#at);
    this.#at++;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (code === 0x5c) return this.#escapedString(start, at);
      if (code < 0x20)
        throw new JsonSyntaxError("a string goes over the end of its line, or holds a control character", start - 1, at);
    }
    throw new JsonSyntaxError("a string has no closing quote", start - 1);
  }

  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let value = "";
    let from = start;
    for (let at = firstEscape; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return value + text.slice(from, at);
      }
      if (code < 0x20)
        throw new JsonSyntaxError("a string goes over the end of its line, or holds a control character", start - 1, at);
      if (code !== 0x5c) continue;
      value += text.slice(from, at);
      const escape = text[++at] ?? "";
      if (escape === "u") {
        const digits = text.slice(at + 1, at + 5);
        if (!/^[0-9A-Fa-f]{4}$/.test(digits))
          throw new JsonSyntaxError("`\\u` is not followed by four hexadecimal digits", at - 1, at + 1);
        value += String.fromCharCode(Number.parseInt(digits, 16));
        at += 4;
      } else {
        const character = escapes[escape];
        if (character === undefined) throw new JsonSyntaxError(`\`\\${escape}\` is no escape`, at - 1, at + 1);
        value += character;
      }
      from = at + 1;
    }
    throw new JsonSyntaxError("a string has no closing quote", start - 1);
  }

  #number(): number {
    const text = this.#text;
    number.lastIndex = this.#at;
    const match = number.exec(text);
    if (match === null) {
      if (this.#at >= text.length) throw new JsonSyntaxError("the file ends in the middle of the document", text.length - 1);
      throw new JsonSyntaxError("a value was expected", this.#at);
    }
    this.#at = number.lastIndex;
    return Number(match[0]);
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonSyntaxError("a value was expected", this.#at);
    this.#at += word.length;
    return value;
  }

  #space(): void {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++this.#at);
  }

  #duplicate(key: string, start: number, end: number, mark: number, keyMark: number): void {
    const first = this.#tree.keySpan(key, mark, keyMark);
    const related = [{ origin: originIn(this.#file, ...first), text: "first here" }];
    this.#sink.report(duplicateKey(originIn(this.#file, start, end), { key }, { related }));
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** RFC 8259 §6. */
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
