import { jsString } from "../../../text/js.ts";
import type { Candidate, RouteNode } from "../../4-plan/route-tree.ts";
import { writeConditions } from "./conditions.ts";
import { type LiteralBranch, writeLiteralSwitch } from "./literal-switch.ts";
import { mixer, type PerfectHash, perfectHash } from "./perfect-hash.ts";
import { BodyWriter, type Mark, type MatcherFunction, type Shape } from "./shape.ts";

/** A node with more literal children than this finds the one by hash; measured, see `test/bench/route-match.mjs`. */
const widestSwitch = 12;

/** Literal children of a wide node. */
export interface Table {
  readonly id: number;
  readonly prefix: string;
  /** Arguments of its functions before `at`. */
  readonly subject: string;
  readonly hash: PerfectHash;
  /** By slot: an operation, where all children are plain ends, or the function for what follows the segment. */
  readonly entries: readonly (number | MatcherFunction)[];
}

/**
 * Makes functions of tree nodes. A function gets `at`, the offset of the first character of its segment, and returns
 * an operation or null, on which its caller goes on to less specific branches.
 */
export class NodeFunctions {
  readonly functions: MatcherFunction[] = [];
  readonly tables: Table[] = [];
  readonly helpers = new Map<string, string>();
  readonly #shapes = new Map<string, Shape>();
  #subject = "path";

  /** The function for the root of a tree. `subject`: its arguments before `at`. */
  add(root: RouteNode, prefix: string, subject: string): MatcherFunction {
    this.#subject = subject;
    return this.#segment(root, prefix);
  }

  #intern(body: BodyWriter, prefix: string): MatcherFunction {
    const text = `(${this.#subject}, at) ${body.writer.toString()}`;
    let shape = this.#shapes.get(text);
    if (shape === undefined) this.#shapes.set(text, (shape = { id: this.#shapes.size, body: text, count: 0 }));
    shape.count += 1;
    const made = { shape, marks: body.marks as readonly Mark[], prefix };
    this.functions.push(made);
    return made;
  }

  /** Where `at` is the first character of a segment. */
  #segment(node: RouteNode, prefix: string): MatcherFunction {
    const body = new BodyWriter();
    const { writer } = body;
    const hasFallback = node.mixed.length > 0 || node.any !== undefined;
    writer.inlineBlock(() => {
      const trailing = node.literals.find(({ text }) => text === "")?.node;
      if (trailing !== undefined) {
        this.#candidatesIf(body, "path.length === at", [...trailing.ends, ...trailing.rest]);
      }
      const literals = node.literals.filter(({ text }) => text !== "");
      const hash = literals.length > widestSwitch ? perfectHash(literals.map(({ text }) => text)) : undefined;
      if (hash !== undefined) this.#table(body, hash, literals, prefix);
      else if (literals.length > 0) this.#literals(body, literals, prefix, !hasFallback);
      if (!hasFallback) {
        writer.writeLine("return null;");
        return;
      }
      if (!this.#open(body, node, prefix, hash !== undefined)) writer.writeLine("return null;");
    });
    return this.#intern(body, prefix);
  }

  /** Where `at` is the end of a segment. */
  #afterSegment(node: RouteNode, prefix: string): MatcherFunction {
    const body = new BodyWriter();
    body.writer.inlineBlock(() => {
      if (!this.#after(body, node, prefix, "at", true)) body.writer.writeLine("return null;");
    });
    return this.#intern(body, prefix);
  }

  #literals(body: BodyWriter, literals: RouteNode["literals"], prefix: string, isLast: boolean): void {
    const merged = literals.map(({ text, node }) => mergeChain(text, node));
    const isShared = merged.length === 1;
    const branches = merged.map(({ text, node }): LiteralBranch => {
      const at = `${prefix}/${text}`;
      const literal = (value: string) => (isShared ? body.text(value) : body.fixedText(value));
      return {
        text,
        write: () => {
          const { writer } = body;
          const hasChildren = goesOn(node);
          if (!hasChildren && node.rest.length === 0) {
            const { test, length } = literal(text);
            this.#candidatesIf(body, `path.length === at + ${length} && ${test}`, node.ends);
          } else if (hasChildren && node.ends.length + node.rest.length === 0) {
            const { test, length } = literal(`${text}/`);
            writer.write(`if (${test}) `);
            writer.inlineBlock(() => this.#call(body, this.#segment(node, at), `at + ${length}`, isLast)).newLine();
          } else {
            const { test, length } = literal(text);
            writer.write(`if (${test}) `);
            writer.inlineBlock(() => {
              writer.writeLine(`const stop = at + ${length};`);
              this.#after(body, node, at, "stop", isLast, true);
            });
            writer.newLine();
          }
        },
      };
    });
    writeLiteralSwitch(body.writer, branches, isLast);
  }

  /** Hashes the segment while looking for its end, so that the cost does not depend on the number of literals. */
  #table(body: BodyWriter, hash: PerfectHash, literals: RouteNode["literals"], prefix: string): void {
    const nodes = new Map(literals.map(({ text, node }) => [text, node]));
    const isPlain = literals.every(
      ({ node }) => !goesOn(node) && node.rest.length === 0 && node.ends.length === 1 && !hasConditions(node.ends[0]!),
    );
    const entries = hash.slots.map((text) => {
      const node = nodes.get(text)!;
      return isPlain ? node.ends[0]!.operation : this.#afterSegment(node, `${prefix}/${text}`);
    });
    const id = this.tables.length;
    this.tables.push({ id, prefix, subject: this.#subject, hash, entries });
    const { name, stride, call } = body.table(id);
    const { writer } = body;
    writer.writeLine("let stop = at;").writeLine("let hash = 0;");
    writer.write("for (; stop < path.length; stop++) ").block(() => {
      writer.writeLine("const code = path.charCodeAt(stop);").writeLine("if (code === 47) break;");
      writer.writeLine(`hash = (Math.imul(hash, ${hash.multiplier}) + code) | 0;`);
    });
    writer.writeLine(`const mixed = Math.imul(hash ^ ${name}Displacements[hash & ${hash.displacements.length - 1}], ${mixer});`);
    writer.writeLine(`const slot = (((mixed >>> 16) * ${hash.slots.length}) >>> 16) * ${stride};`);
    writer.writeLine(`const text = ${name}[slot];`);
    // With a text that is no constant, `startsWith` was measured to take four times as long as `indexOf`.
    const known = "text.length === stop - at && path.indexOf(text, at) === at";
    if (isPlain) {
      writer.writeLine(`if (stop === path.length && ${known}) return ${name}[slot + 1];`);
      return;
    }
    writer.write(`if (${known}) `).block(() => {
      writer.writeLine(`const found = ${call};`).writeLine("if (found !== null) return found;");
    });
  }

  /** Mixed segments, then the parameter; they need the end of the segment. True where the last statement returns. */
  #open(body: BodyWriter, node: RouteNode, prefix: string, knowsStop: boolean): boolean {
    const { writer } = body;
    const { any } = node;
    if (node.mixed.length === 0 && any !== undefined && !knowsStop) {
      if (!goesOn(any) && any.rest.length === 0) {
        this.#candidatesIf(body, 'at < path.length && path.indexOf("/", at) < 0', any.ends);
        return false;
      }
      if (any.ends.length + any.rest.length === 0) {
        writer.writeLine('const stop = path.indexOf("/", at);');
        writer.writeLine(
          `return stop > at ? ${body.call(this.#segment(any, `${prefix}/{}`), `${this.#subject}, stop + 1`)} : null;`,
        );
        return true;
      }
    }
    if (!knowsStop) {
      writer.writeLine('let stop = path.indexOf("/", at);').writeLine("if (stop < 0) stop = path.length;");
    }
    for (const [index, { parts, node: child }] of node.mixed.entries()) {
      const isLast = any === undefined && index === node.mixed.length - 1;
      const shown = `${prefix}/${parts.map((part) => part ?? "{}").join("")}`;
      writeMixedTest(body, parts, () => this.#after(body, child, shown, "stop", isLast));
    }
    if (any === undefined) return false;
    writer.writeLine("if (stop === at) return null;");
    return this.#after(body, any, `${prefix}/{}`, "stop", true);
  }

  /**
   * What follows a segment that ends at `stop`. `mayGoOn`: the segment itself may be longer, as only its beginning was
   * compared. True where the last statement returns.
   */
  #after(body: BodyWriter, node: RouteNode, prefix: string, stop: string, isLast: boolean, mayGoOn = false): boolean {
    const { writer } = body;
    const atEnd = [...node.ends, ...node.rest];
    const slash = mayGoOn ? `path.charCodeAt(${stop}) === 47` : `${stop} < path.length`;
    if (!goesOn(node) && node.ends.length === 0) {
      if (mayGoOn) this.#candidatesIf(body, `path.length === ${stop} || ${slash}`, node.rest);
      else this.#candidates(body, node.rest);
      return !mayGoOn && isSettled(node.rest);
    }
    let canEnd = true;
    if (atEnd.length > 0) {
      this.#candidatesIf(body, `path.length === ${stop}`, atEnd);
      if (!goesOn(node) && node.rest.length === 0) return false;
      canEnd = !isSettled(atEnd);
    }
    const onward = (): void => {
      if (goesOn(node)) this.#call(body, this.#segment(node, prefix), `${stop} + 1`, isLast && node.rest.length === 0);
      this.#candidates(body, node.rest);
    };
    if (!mayGoOn && !canEnd && isLast) {
      onward();
      return node.rest.length === 0 || isSettled(node.rest);
    }
    writer.write(`if (${slash}) `).inlineBlock(onward).newLine();
    return false;
  }

  #call(body: BodyWriter, to: MatcherFunction, at: string, isLast: boolean): void {
    const call = body.call(to, `${this.#subject}, ${at}`);
    if (isLast) body.writer.writeLine(`return ${call};`);
    else body.writer.writeLine(`const found = ${call};`).writeLine("if (found !== null) return found;");
  }

  #candidatesIf(body: BodyWriter, condition: string, candidates: readonly Candidate[]): void {
    const [first] = candidates;
    if (first !== undefined && !hasConditions(first))
      body.writer.writeLine(`if (${condition}) return ${body.operation(first.operation)};`);
    else
      body.writer
        .write(`if (${condition}) `)
        .inlineBlock(() => this.#candidates(body, candidates))
        .newLine();
  }

  #candidates(body: BodyWriter, candidates: readonly Candidate[]): void {
    for (const candidate of candidates) {
      const operation = body.operation(candidate.operation);
      if (!hasConditions(candidate)) {
        body.writer.writeLine(`return ${operation};`);
        return;
      }
      body.writer.writeLine(`if (${writeConditions(candidate, this.helpers)}) return ${operation};`);
    }
  }
}

/** A chain of literal segments without ends is compared as one text. */
function mergeChain(text: string, node: RouteNode): { text: string; node: RouteNode } {
  const [only] = node.literals;
  const isChain = node.literals.length === 1 && node.mixed.length === 0 && node.any === undefined;
  if (!isChain || node.ends.length + node.rest.length > 0 || only!.text === "") return { text, node };
  return mergeChain(`${text}/${only!.text}`, only!.node);
}

const goesOn = (node: RouteNode): boolean => node.literals.length > 0 || node.mixed.length > 0 || node.any !== undefined;

/** One of the candidates always wins. */
const isSettled = (candidates: readonly Candidate[]): boolean => candidates.some((candidate) => !hasConditions(candidate));

export const hasConditions = (candidate: Candidate): boolean =>
  candidate.headers.length + candidate.query.length > 0 || candidate.version !== undefined || candidate.headOnly;

/** Each parameter takes at least one character and as few as possible, which finds a split wherever there is one. */
function writeMixedTest(body: BodyWriter, parts: readonly (string | null)[], write: () => void): void {
  const { writer } = body;
  const [first] = parts;
  const last = parts.at(-1);
  const prefix = typeof first === "string" ? first : "";
  const suffix = typeof last === "string" ? last : "";
  const middle = parts.slice(prefix === "" ? 0 : 1, suffix === "" ? undefined : -1).filter((part) => part !== null);
  const tests = [`stop - at > ${prefix.length + suffix.length}`];
  if (prefix !== "") tests.push(`path.startsWith(${jsString(prefix)}, at)`);
  if (suffix !== "") tests.push(`path.startsWith(${jsString(suffix)}, stop - ${suffix.length})`);
  const end = suffix === "" ? "stop" : `stop - ${suffix.length}`;
  const writeMiddle = (index: number, from: string): void => {
    const text = middle[index];
    if (text === undefined) return write();
    const name = `middle${index}_`;
    writer.writeLine(`const ${name} = path.indexOf(${jsString(text)}, ${from} + 1);`);
    writer.write(`if (${name} > 0 && ${name} + ${text.length} < ${end}) `);
    writer.inlineBlock(() => writeMiddle(index + 1, `${name} + ${text.length}`)).newLine();
  };
  writer
    .write(`if (${tests.join(" && ")}) `)
    .inlineBlock(() => writeMiddle(0, prefix === "" ? "at" : `at + ${prefix.length}`))
    .newLine();
}
