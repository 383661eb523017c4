import type { CST, YAMLParseError } from "yaml";
import { repaired } from "../../text/format-repairs.ts";
import { cutText, inQuotes } from "./cut-text.ts";
import { unclosedToken } from "./yaml-tokens.ts";

/** What somebody wrote that is not YAML, in words of its own: the parser says which rule failed, not what was meant. */
export interface YamlMistake {
  readonly start: number;
  readonly end: number;
  /** Follows "is not valid YAML: ". */
  readonly problem: string;
  readonly help: string;
  /** Goes between `start` and `end` where that alone mends it. */
  readonly replacement?: string;
}

const quoteIt = "Put the text into quotes";

/**
 * The mistake behind the first error of a document.
 *
 * @param tokens the concrete syntax tree, for what was opened and never closed
 */
export function yamlMistake(text: string, tokens: readonly CST.Token[], error: YAMLParseError): YamlMistake {
  const at = Math.min(error.pos[0], Math.max(0, text.length - 1));
  return (
    conflictMarker(text) ??
    unclosed(text, tokens, error) ??
    unquotedSetting(text, at) ??
    unquotedExpression(text, at, error) ??
    byCode[error.code]?.(text, at, error.message) ?? {
      start: at,
      end: Math.max(error.pos[1], at + 1),
      problem: "what stands here fits nothing before it",
      help: `Mind the indentation and the space behind each colon. ${quoteIt} if it holds \`: \` or \` #\`, or begins with one of \`{}[]*&!|>%@\`.`,
    }
  );
}

type Reader = (text: string, at: number, message: string) => YamlMistake | undefined;

const byCode: Readonly<Partial<Record<YAMLParseError["code"], Reader>>> = {
  MULTILINE_IMPLICIT_KEY: lineWithoutKey,
  BLOCK_AS_IMPLICIT_KEY: (text, at, message) => (message.includes("sequence") ? strayItem(text, at) : keyInValue(text, at)),
  BAD_INDENT: strayIndentation,
  BAD_SCALAR_START: reservedStart,
  BAD_DQ_ESCAPE: badEscape,
  UNEXPECTED_TOKEN: unexpected,
  MISSING_CHAR: (text, at, message) => {
    if (message.startsWith("Missing ,")) return missingComma(text, at);
    return /^[ \t]*-/.test(lineAt(text, at).text) ? strayItem(text, at) : undefined;
  },
};

/** `<<<<<<< HEAD`: what a version control system leaves behind. */
function conflictMarker(text: string): YamlMistake | undefined {
  const match = /^(?:<{7}|>{7}|={7})(?: .*)?$/m.exec(text);
  if (match === null) return undefined;
  return {
    start: match.index,
    end: match.index + match[0].trimEnd().length,
    problem: "two versions of it were merged and not brought together",
    help: "Keep one of the two parts, and remove the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`.",
  };
}

function unclosed(text: string, tokens: readonly CST.Token[], error: YAMLParseError): YamlMistake | undefined {
  const isQuote = error.code === "MISSING_CHAR" && error.message.startsWith("Missing closing");
  const isBracket = /Flow (map|sequence)/i.test(error.message) && (error.code === "BAD_INDENT" || error.code === "MISSING_CHAR");
  if (!isQuote && !isBracket) return undefined;
  const start = unclosedToken(tokens, isQuote ? "quote" : "bracket");
  if (start === undefined) return undefined;
  const opened = text[start]!;
  const closing = opened === "[" ? "]" : opened === "{" ? "}" : opened;
  // A bracket in the first columns ends nothing: block mappings end where the indentation does.
  const other = /^[ \t]*([\]}])/.exec(lineAt(text, error.pos[0]).text)?.[1];
  if (isBracket && other === closing) {
    const from = text.indexOf(closing, lineAt(text, error.pos[0]).start);
    return {
      start: from,
      end: from + 1,
      problem: `this \`${closing}\` is not indented deeper than the key of its \`${opened}\``,
      help: `Indent the line of \`${closing}\` by more spaces than the line where \`${opened}\` stands.`,
    };
  }
  return {
    start,
    end: start + 1,
    problem: isQuote ? `the quote ${opened} that begins here has no end` : `\`${opened}\` is opened here and never closed`,
    help: isQuote
      ? `Write ${opened} at the end of the text; a ${opened} inside of it is written ${opened === '"' ? '`\\"`' : "`''`"}.`
      : `Write \`${closing}\` where the ${opened === "[" ? "list" : "mapping"} ends.`,
  };
}

/** `{ port: ${env:PORT} }`, `{ port: ${PORT} }`: braces inside of braces. */
function unquotedSetting(text: string, at: number): YamlMistake | undefined {
  const line = lineAt(text, at);
  for (const match of line.text.matchAll(/(?<!["'])\$\{[^}\s]*\}/g)) {
    const [written] = match;
    const start = line.start + match.index;
    if (at < start || at > start + written.length) continue;
    const quoted = `"${repaired(written, "setting") ?? written}"`;
    return {
      start,
      end: start + written.length,
      problem: `\`{\` of \`${written}\` is read as the beginning of a mapping`,
      help: `Write it in quotes: \`${quoted}\`.`,
      replacement: quoted,
    };
  }
  return undefined;
}

/** `{ require: body.kind in ['a', 'b'] }`: what an expression is made of, inside of braces. */
function unquotedExpression(text: string, at: number, { code, message }: YAMLParseError): YamlMistake | undefined {
  const cut = cutText(text, at);
  if (cut === undefined) return undefined;
  const before = text.slice(cut.start, at);
  let sign: string;
  if (code === "BLOCK_IN_FLOW") sign = "a colon before a space";
  else if (code === "UNEXPECTED_TOKEN" && /^Unexpected flow-(?:seq|map)-start/.test(message)) sign = `\`${text[at]!}\``;
  else if (before.split("(").length > before.split(")").length) sign = "a comma";
  else return undefined;
  return {
    start: cut.start,
    end: cut.end,
    problem: `inside of \`{ }\` and \`[ ]\`, ${sign} does not belong to text without quotes`,
    help: `Write it in quotes: \`${cut.quoted}\`.`,
    replacement: cut.quoted,
  };
}

/** `accessLog:{}` or `requestId` alone, and a line below that has a key. */
function lineWithoutKey(text: string, at: number): YamlMistake | undefined {
  const line = lineAt(text, at);
  const content = /^[ \t]*(?:- +)*/.exec(line.text)![0].length;
  if (line.text[content] === "-") return strayItem(text, at);
  const written = line.text.slice(content).trimEnd();
  const start = line.start + content;
  const end = start + written.length;
  const glued = gluedKey(written);
  if (glued !== undefined) {
    return {
      start,
      end,
      problem: `there is no space after the colon of \`${glued.key}\``,
      help: `Write \`${glued.key}: ${glued.value}\`.`,
      replacement: `${glued.key}: ${glued.value}`,
    };
  }
  const assigned = /^([\w.-]+)\s*=>?\s*(.*)$/.exec(written);
  if (assigned !== null) {
    const right = `${assigned[1]!}: ${assigned[2]!}`.trim();
    return { start, end, problem: "a key is followed by a colon, not by `=`", help: `Write \`${right}\`.`, replacement: right };
  }
  if (/(^|[^:]): |:$/.test(written)) return undefined;
  return {
    start,
    end,
    problem: "this line has no colon, though it stands where a key is expected",
    help: `Write \`${written.split(/\s/)[0]!}:\` and its value behind the colon, or remove the line.`,
  };
}

/** A key and what follows its colon without a space. URLs are text, not keys. */
export function gluedKey(written: string): { readonly key: string; readonly value: string } | undefined {
  const match = /^([A-Za-z_$/][\w$./{}-]*):(?!\/\/)([^\s:].*)$/.exec(written);
  return match === null ? undefined : { key: match[1]!, value: match[2]! };
}

/** `public: reason: open`, or a line that goes deeper below a key that has its value already. */
function keyInValue(text: string, at: number): YamlMistake | undefined {
  const line = lineAt(text, at);
  const value = line.text.slice(at - line.start).trimEnd();
  if (/: |:$/.test(value)) {
    return {
      start: at,
      end: at + value.length,
      problem: "this text holds a colon and a space, which is how a key ends",
      help: `Write it in quotes: \`${inQuotes(value)}\`.`,
    };
  }
  const next = lineAt(text, line.next);
  const indentation = /^[ \t]*/.exec(next.text)![0];
  if (indentation.includes("\t")) return undefined;
  const key = /^[ -]*([^:]*):/.exec(line.text)?.[1] ?? "the key above";
  return {
    start: next.start + indentation.length,
    end: next.start + next.text.trimEnd().length,
    problem: `this line is indented below \`${key}\`, which has a value already`,
    help: `Begin the line in the column of \`${key}\`, or remove the value of \`${key}\`.`,
  };
}

function strayItem(text: string, at: number): YamlMistake {
  const line = lineAt(text, Math.min(text.length, text[at] === "\n" ? at + 1 : at));
  const dash = line.text.indexOf("-");
  const start = line.start + Math.max(0, dash);
  return {
    start,
    end: start + 1,
    problem: "an item of a list (`- `) stands where a key is expected",
    help: "Remove the `-` if this is a key beside those above; indent the line below a key without a value if it is an item of that list.",
  };
}

/** A line that begins in a column where nothing above it begins. */
function strayIndentation(text: string, at: number, message: string): YamlMistake | undefined {
  if (!message.startsWith("All ")) return undefined;
  let line = lineAt(text, at);
  if (text[at] === "\n") line = lineAt(text, at + 1);
  const depth = /^ */.exec(line.text)![0].length;
  const columns = openColumns(text.slice(0, line.start), depth);
  const possible = columns.map(String).join(" or ");
  return {
    start: line.start + depth,
    end: line.start + Math.max(depth + 1, line.text.trimEnd().length),
    problem: `this line is indented by ${spaces(depth)}, where nothing above it begins`,
    help: `Keys that belong together begin in the same column: here after ${possible} ${columns.at(-1) === 1 ? "space" : "spaces"}.`,
  };
}

/** The indentations at which a mapping is open above a line: the nearest deeper one, and all that enclose it. */
function openColumns(above: string, depth: number): number[] {
  const columns: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const line of above.split("\n").reverse()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const own = /^ */.exec(line)![0].length;
    if (own >= least) continue;
    least = own;
    columns.unshift(own);
    if (own === 0) break;
  }
  const deeper = columns.filter((column) => column > depth);
  return [...columns.filter((column) => column < depth), ...deeper.slice(0, 1)];
}

function reservedStart(text: string, at: number): YamlMistake {
  const line = lineAt(text, at);
  const rest = line.text.slice(at - line.start).trimEnd();
  const isKey = /^\S+:( |$)/.test(rest);
  const written = isKey ? rest.slice(0, rest.indexOf(":")) : rest.replace(/[ ]*[,\]}].*$/, "");
  const quoted = `"${written.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return {
    start: at,
    end: at + Math.max(1, written.length),
    problem: `text cannot begin with ${text[at] === "`" ? "a backtick" : `\`${text[at]!}\``}`,
    help: text[at] === "`" ? "Put the text into double quotes instead." : `Write it in quotes: \`${quoted}\`.`,
  };
}

function badEscape(text: string, at: number): YamlMistake {
  const escape = text.slice(at, at + 2);
  return {
    start: at,
    end: at + 2,
    problem: `\`${escape}\` means nothing between double quotes`,
    help: `Write \`\\${escape}\` for a backslash, or put the text into single quotes, where a backslash is one.`,
  };
}

function unexpected(text: string, at: number, message: string): YamlMistake | undefined {
  const line = lineAt(text, at);
  const alias = /^([ \t]*(?:- +)?)(\*[^\s:,{}[\]]+) *:/.exec(line.text);
  if (alias !== null || /^[ \t]*\*[^\s]*:/.test(line.text)) {
    const name = alias?.[2] ?? line.text.trim().split(":")[0]!;
    const start = line.start + line.text.indexOf("*");
    return {
      start,
      end: start + name.length,
      problem: `\`${name}\` is read as the alias of a value named \`${name.slice(1)}\``,
      help: `Write it in quotes: \`"${name}":\`.`,
      replacement: `"${name}"`,
    };
  }
  if (/flow-(map|seq)-end/.test(message)) {
    return {
      start: at,
      end: at + 1,
      problem: `\`${text[at]!}\` closes nothing`,
      help: `Remove it, or write \`${text[at] === "}" ? "{" : "["}\` where it should begin.`,
    };
  }
  if (/Unexpected ,/.test(message))
    return { start: at, end: at + 1, problem: "there is nothing before this comma", help: "Remove one of the commas." };
  if (message.includes("block-seq-ind")) return strayItem(text, at);
  if (message.startsWith("Block scalar header")) {
    return {
      start: at,
      end: line.end,
      problem: "text goes on behind `|` or `>`",
      help: `Begin the text on the next line, indented deeper. ${quoteIt} if it is to begin with this character.`,
    };
  }
  const before = text.slice(0, at).trimEnd();
  const last = before.at(-1);
  if (last === '"' || last === "'") {
    const remedy =
      last === "'" ? "A ' inside of single quotes is written `''`." : 'A " inside of double quotes is written `\\"`.';
    return {
      start: at,
      end: endOfWord(text, at, line.end),
      problem: `the text goes on behind its closing quote ${last}`,
      help: `${remedy} Otherwise put the quotes around all of it.`,
    };
  }
  if (last === "]" || last === "}")
    return /[{[,]/.test(before.slice(line.start).replace(/[[{][^[\]{}]*[\]}]$/, "")) ? missingComma(text, at) : undefined;
  return undefined;
}

function missingComma(text: string, at: number): YamlMistake {
  const end = endOfWord(text, at, lineAt(text, at).end);
  return {
    start: at,
    end,
    problem: `there is no comma before \`${text.slice(at, end)}\``,
    help: "Separate what stands between brackets with commas.",
  };
}

const endOfWord = (text: string, at: number, end: number): number => {
  const word = /^[^\s:,[\]{}]+/.exec(text.slice(at, end));
  return at + (word?.[0].length ?? 1);
};

const spaces = (count: number): string => (count === 1 ? "1 space" : `${count} spaces`);

/** The line that holds a place, without its break. */
function lineAt(
  text: string,
  at: number,
): { readonly start: number; readonly end: number; readonly next: number; readonly text: string } {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const next = text.indexOf("\n", Math.max(at, start));
  const end = next < 0 ? text.length : text[next - 1] === "\r" ? next - 1 : next;
  return { start, end, next: next < 0 ? text.length : next + 1, text: text.slice(start, end) };
}
