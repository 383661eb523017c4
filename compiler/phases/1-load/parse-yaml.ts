import {
  type Alias,
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
} from "yaml";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest } from "../../diagnostics/suggest.ts";
import type { Origin } from "../../ir/origin.ts";
import { originIn } from "../../source/origin-in.ts";
import type { JsonValue } from "../../source/source-set.ts";
import { maxDepth, type ParsedFile, TreeBuilder } from "../../source/tree.ts";
import {
  aliasExplosion,
  aliasToItself,
  duplicateKey,
  keyNotText,
  mergeNotMapping,
  nestedTooDeep,
  severalDocuments,
  tabIndentation,
  unknownAlias,
  unknownTag,
  yamlSyntax,
} from "./messages.gen.ts";
import { yamlMistake } from "./yaml-mistake.ts";
import { tooDeepAt } from "./yaml-tokens.ts";

/** A document whose aliases stand for more nodes than this is refused. */
const maxExpandedNodes = 1_000_000;

/** Parses YAML 1.2 (core schema); undefined where it does not parse, which is reported. An empty document gives null. */
export function parseYaml(file: ParsedFile, sink: DiagnosticSink): JsonValue | undefined {
  const tokens = [...new Parser().parse(file.text)];
  // The composer recurses with the document, and near the end of the stack the whole process can die.
  const tooDeep = tooDeepAt(tokens);
  if (tooDeep !== undefined) {
    sink.report(nestedTooDeep(originIn(file, tooDeep, tooDeep + 1), { depth: String(maxDepth) }));
    return undefined;
  }
  const documents = [
    ...new Composer({ uniqueKeys: false, strict: true, logLevel: "silent" }).compose(tokens, false, file.text.length),
  ];
  const document = documents[0];
  if (document === undefined) return null;
  // What follows the first error of a file is its echo.
  const [error] = documents.flatMap((each) => each.errors);
  if (error !== undefined) {
    reportSyntax(file, tokens, error, sink);
    return undefined;
  }
  const second = documents[1];
  if (second !== undefined) {
    const start = second.contents?.range?.[0] ?? second.range[0];
    sink.report(severalDocuments(originIn(file, start, start + 1), { file: file.path }));
    return undefined;
  }
  for (const warning of document.warnings) {
    if (warning.code === "TAG_RESOLVE_FAILED")
      sink.report(unknownTag(originIn(file, ...warning.pos), { tag: file.text.slice(...warning.pos) }));
  }
  if (document.contents === null) return null;
  const converter = new Converter(file, sink);
  try {
    return converter.document(document.contents as Node);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

function reportSyntax(file: ParsedFile, tokens: readonly CST.Token[], error: YAMLParseError, sink: DiagnosticSink): void {
  const { text } = file;
  const tab = tabAt(text, error);
  if (tab !== undefined) {
    sink.report(tabIndentation(originIn(file, tab, tab + 1)));
    return;
  }
  const { start, end, problem, help, replacement } = yamlMistake(text, tokens, error);
  const at = originIn(file, start, end);
  const edits = replacement === undefined ? [] : [{ origin: at, text: replacement }];
  sink.report(yamlSyntax(at, { file: file.path, problem, help }, { edits }));
}

/** The tab that indents a line, where an error comes from one: some are found only at the key behind it. */
function tabAt(text: string, { code, pos: [start] }: YAMLParseError): number | undefined {
  if (code === "TAB_AS_INDENT" || (code === "BAD_INDENT" && isTab(text, start))) return start;
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const own = /^ *\t/.exec(text.slice(line, line + 200));
  if (own !== null) return line + own[0].length - 1;
  const next = text.indexOf("\n", start) + 1;
  const tab = next === 0 ? null : /^ *\t/.exec(text.slice(next, next + 200));
  return tab === null ? undefined : next + tab[0].length - 1;
}

const isTab = (text: string, at: number): boolean => text[at] === "\t" || text[at - 1] === "\t";

/** Ends the conversion of a document; the reason is reported. */
class Refused extends Error {}

interface Anchored {
  /** Undefined while its node is being converted. */
  value: JsonValue | undefined;
  size: number;
  height: number;
}

class Converter {
  readonly #file: ParsedFile;
  readonly #sink: DiagnosticSink;
  readonly #tree: TreeBuilder;
  readonly #anchors = new Map<string, Anchored>();
  /** Nodes of the value converted last, with every alias counted as what it stands for. */
  #size = 0;
  /** Levels of nesting in the value converted last, aliases included, as they nest without the text being nested. */
  #height = 0;

  constructor(file: ParsedFile, sink: DiagnosticSink) {
    this.#file = file;
    this.#sink = sink;
    this.#tree = new TreeBuilder(file);
  }

  document(contents: Node): JsonValue {
    return this.#value(contents);
  }

  #value(node: Node): JsonValue {
    if (isScalar(node)) {
      const value = scalar(node);
      this.#size = 1;
      this.#height = 0;
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value, size: 1, height: 0 });
      return value;
    }
    if (isAlias(node)) return this.#alias(node);
    const anchored: Anchored | undefined = node.anchor === undefined ? undefined : { value: undefined, size: 0, height: 0 };
    if (anchored !== undefined) this.#anchors.set(node.anchor!, anchored);
    const value = isMap(node) ? this.#map(node) : isSeq(node) ? this.#seq(node) : null;
    if (anchored !== undefined) {
      anchored.value = value;
      anchored.size = this.#size;
      anchored.height = this.#height;
    }
    return value;
  }

  #alias(node: Alias): JsonValue {
    const anchored = this.#anchors.get(node.source);
    if (anchored === undefined) {
      const near = nearest(node.source, this.#anchors.keys());
      const help =
        near !== undefined
          ? `Did you mean \`*${near}\`?`
          : /^[\w-]+$/.test(node.source)
            ? `Write \`&${node.source}\` in front of the value meant, before this line.`
            : `In YAML \`*\` begins an alias. Write text in quotes: \`"*${node.source}"\`.`;
      this.#sink.report(unknownAlias(this.#at(node), { name: node.source, suggestion: help }));
      throw new Refused();
    }
    if (anchored.value === undefined) {
      this.#sink.report(aliasToItself(this.#at(node), { name: node.source }));
      throw new Refused();
    }
    this.#size = anchored.size;
    this.#height = anchored.height;
    return anchored.value;
  }

  #seq(node: YAMLSeq): JsonValue {
    const tree = this.#tree;
    const mark = tree.mark;
    const array: JsonValue[] = [];
    let size = 1;
    let height = 0;
    for (const item of node.items as readonly Node[]) {
      // `[a: 1]` is a sequence of one mapping (YAML 1.2 §7.4.1), which the library gives as a map node.
      array.push(this.#value(item));
      size = this.#grown(size, item);
      height = Math.max(height, this.#height);
      const [start, end] = item.range ?? [0, 0];
      tree.item(start, end);
    }
    this.#size = size;
    this.#height = height + 1;
    const [start, end] = node.range!;
    tree.endArray(array, start, end, mark);
    return array;
  }

  #map(node: YAMLMap): JsonValue {
    const tree = this.#tree;
    const mark = tree.mark;
    const keyMark = tree.keyMark;
    const object: Record<string, JsonValue> = {};
    const merges: Pair[] = [];
    let size = 1;
    let height = 0;
    for (const pair of node.items as readonly Pair<Node | null, Node | null>[]) {
      const key = this.#key(pair, node);
      if (key === undefined) continue;
      const [keyStart, keyEnd] = pair.key!.range!;
      if (key === "<<" && isScalar(pair.key) && pair.key.type === "PLAIN") {
        merges.push(pair);
        continue;
      }
      let value: JsonValue = null;
      let valueStart = keyStart;
      let valueEnd = keyEnd;
      if (pair.value !== null) {
        value = this.#value(pair.value);
        size = this.#grown(size, pair.value);
        height = Math.max(height, this.#height);
        const [start, end] = pair.value.range!;
        // An empty value has an empty range behind the colon, where there is nothing to show.
        if (end > start) {
          valueStart = start;
          valueEnd = end;
        }
      }
      if (!tree.entry(object, key, value, keyStart, keyEnd, valueStart, valueEnd)) {
        const related = [{ origin: originIn(this.#file, ...tree.keySpan(key, mark, keyMark)), text: "first here" }];
        this.#sink.report(duplicateKey(originIn(this.#file, keyStart, keyEnd), { key }, { related }));
      }
    }
    for (const pair of merges) {
      size += this.#merge(object, pair as Pair<Node, Node | null>);
      height = Math.max(height, this.#height);
    }
    this.#size = size;
    this.#height = height + 1;
    const [start, end] = node.range!;
    tree.endObject(object, start, end, mark, keyMark);
    return object;
  }

  /** YAML 1.1 merge keys: the mapping's own keys win, then earlier mappings over later ones. */
  #merge(object: Record<string, JsonValue>, pair: Pair<Node, Node | null>): number {
    const node = pair.value;
    const value = node === null ? null : this.#value(node);
    const size = this.#size;
    const [keyStart, keyEnd] = pair.key.range!;
    const [valueStart, valueEnd] = node?.range ?? [keyStart, keyEnd];
    const sources: readonly JsonValue[] = Array.isArray(value) ? value : [value];
    for (const source of sources) {
      if (typeof source !== "object" || source === null || Array.isArray(source)) {
        this.#sink.report(mergeNotMapping(originIn(this.#file, keyStart, keyEnd)));
        continue;
      }
      for (const [key, merged] of Object.entries(source)) {
        if (Object.hasOwn(object, key)) continue;
        const at = this.#file.positions;
        const from = at.key(source, key);
        const to = at.value(source, key);
        if (from.file === this.#file.path) this.#tree.entry(object, key, merged, from.start, from.end, to.start, to.end);
        else this.#tree.entry(object, key, merged, keyStart, keyEnd, valueStart, valueEnd);
      }
    }
    return size;
  }

  #key(pair: Pair<Node | null, Node | null>, map: YAMLMap): string | undefined {
    let { key } = pair;
    if (isAlias(key)) {
      const value = this.#alias(key);
      if (typeof value === "string") return value;
      key = null;
    }
    if (isScalar<unknown>(key) && key.range != null) {
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, { value: scalar(key), size: 1, height: 0 });
      if (typeof key.value === "string") return key.value;
      // `200:` and `1.0:` are the text that was written.
      if (key.source !== undefined && key.source !== "") return key.source;
    }
    const at = pair.key?.range == null ? this.#at(map) : this.#at(pair.key);
    const isTemplate = this.#file.text.startsWith("{{", at.start - 1);
    const help = isTemplate
      ? "`{{ … }}` is the mark of a template language, and this file is read as it is: fill the template in first, or write `${env:NAME}` in quotes where the value is one that differs between environments."
      : "Write a name in front of the colon.";
    this.#sink.report(keyNotText(at, { help }));
    return undefined;
  }

  #grown(size: number, node: Node): number {
    if (this.#height > maxDepth) {
      this.#sink.report(nestedTooDeep(this.#at(node), { depth: String(maxDepth) }));
      throw new Refused();
    }
    const sum = size + this.#size;
    if (sum > maxExpandedNodes) {
      this.#sink.report(aliasExplosion(this.#at(node), { limit: maxExpandedNodes.toLocaleString("en-US") }));
      throw new Refused();
    }
    return sum;
  }

  #at(node: Node): Origin {
    const [start, end] = node.range ?? [0, 1];
    return originIn(this.#file, start, end);
  }
}

function scalar(node: Scalar): JsonValue {
  const { value } = node;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null) return value;
  return node.source ?? String(value);
}
