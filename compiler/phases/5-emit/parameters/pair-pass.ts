import type { ParameterIr } from "../../../ir/parameter.ts";
import { jsString } from "../../../text/js.ts";
import type { ParameterWriter } from "./parameter-writer.ts";
import type { Texts } from "./texts.ts";

/** What happens with query parameters that the operation does not declare. */
export interface UnknownQuery {
  readonly unknown: "allow" | "warn" | "refuse";
  /** Names that others read: of security schemes, and of the version. */
  readonly known: readonly string[];
}

/** What to do with a pair of a name that is known. */
interface Action {
  readonly texts: Texts;
  readonly kind: "one" | "many" | "spread" | "deep" | "stray";
}

interface Actions {
  readonly list: readonly Action[];
  /** Number of the action by exact name. */
  readonly byName: ReadonlyMap<string, number>;
  /** Number of the action by what the name begins with: `color[`. */
  readonly byPrefix: ReadonlyMap<string, number>;
  /** Takes names that nobody else has. */
  readonly rest: number | undefined;
}

function actionsOf(all: readonly Texts[]): Actions {
  const list: Action[] = [];
  const byName = new Map<string, number>();
  const byPrefix = new Map<string, number>();
  let rest: number | undefined;
  const add = (texts: Texts, kind: Action["kind"]): number => list.push({ texts, kind }) - 1;
  for (const texts of all) {
    const { name, style, shape } = texts.parameter;
    if (texts.many !== undefined) byName.set(name, add(texts, "many"));
    else if (texts.one !== undefined) byName.set(name, add(texts, "one"));
    if (texts.parts === undefined) continue;
    const action = add(texts, style === "deepObject" ? "deep" : "spread");
    if (style === "deepObject") {
      byPrefix.set(`${name}[`, action);
      // A value without brackets is none of the parameter's, and yet a service may take it for one.
      if (!byName.has(name)) byName.set(name, add(texts, "stray"));
    } else {
      for (const property of Object.keys(shape.properties ?? {})) if (!byName.has(property)) byName.set(property, action);
      if (shape.additional !== undefined) rest ??= action;
    }
  }
  return { list, byName, byPrefix, rest };
}

/** One pass over the query that keeps the texts of declared parameters. */
export function writeQueryPass(all: readonly Texts[], unknown: UnknownQuery, writer: ParameterWriter): void {
  const actions = actionsOf(all);
  const isNamed = actions.byPrefix.size > 0 || actions.rest !== undefined || unknown.unknown !== "allow";
  if (actions.list.length === 0 && unknown.unknown === "allow") return;
  declare(all, writer);
  writer.line("const query = x.query;", undefined);
  writer.block("for (let start = 0; start < query.length; ) {", undefined, () => {
    writer.line(`const equals = ${writer.own("decode", "nameEnd")}(query, start, 38);`, undefined);
    writer.line(`const end = ${writer.own("decode", "pairEnd")}(query, equals, "&");`, undefined);
    writer.line("const from = start;", undefined);
    writer.line("start = end + 1;", undefined);
    writer.line("if (from === end) continue;", undefined);
    writer.line("let action = -1;", undefined);
    writePlainNames(actions, writer);
    if (isNamed) writer.line("let name;", undefined);
    writer.block("if (action < 0) {", undefined, () => {
      const read = isNamed
        ? `name = ${writer.own("decode", "decode")}(query.slice(from, equals), 2);`
        : `const name = ${writer.own("decode", "escapedName")}(query, from, equals);`;
      writer.line(read, undefined);
      const escaped = [...actions.byName].filter(([name]) => name !== "");
      const quiet =
        unknown.unknown === "allow" || actions.rest !== undefined
          ? []
          : unknown.known.filter((name) => !actions.byName.has(name));
      writer.block("switch (name) {", undefined, () => {
        for (const [name, action] of escaped) writer.line(`case ${jsString(name)}: action = ${action}; break;`, undefined);
        for (const name of quiet) writer.line(`case ${jsString(name)}: break;`, undefined);
        if (isNamed) {
          writer.line("default:", undefined);
          writer.indented(() => writeOtherNames(actions, unknown, writer));
        }
      });
    });
    writeActions(actions, { text: "query.slice(equals + 1, end)", name: "query.slice(from, equals)", decoded: "name" }, writer);
  });
}

/** Names that are written as they are, told apart by their length first. */
function writePlainNames({ byName }: Actions, writer: ParameterWriter): void {
  const byLength = new Map<number, [string, number][]>();
  for (const [name, action] of byName) {
    if (!/^[\u0021-\u007e]+$/.test(name) || /[%+&=#]/.test(name)) continue;
    const known = byLength.get(name.length);
    if (known === undefined) byLength.set(name.length, [[name, action]]);
    else known.push([name, action]);
  }
  if (byLength.size === 0) return;
  writer.block("switch (equals - from) {", undefined, () => {
    for (const [length, names] of [...byLength].sort(([a], [b]) => a - b)) {
      writer.line(`case ${length}:`, undefined);
      writer.indented(() => {
        for (const [index, [name, action]] of names.entries()) {
          writer.line(
            `${index === 0 ? "" : "else "}if (query.startsWith(${jsString(name)}, from)) action = ${action};`,
            undefined,
          );
        }
        writer.line("break;", undefined);
      });
    }
  });
}

function writeOtherNames({ byPrefix, rest }: Actions, unknown: UnknownQuery, writer: ParameterWriter): void {
  let isFirst = true;
  const branch = (condition: string, write: () => void): void => {
    writer.block(
      `${isFirst ? "" : "else "}${condition === "" ? (isFirst ? "{" : "{") : `if (${condition}) {`}`,
      undefined,
      write,
    );
    isFirst = false;
  };
  // Longer first: `a[b` may be a name of its own beside `a`.
  for (const [prefix, action] of [...byPrefix].sort(([a], [b]) => b.length - a.length)) {
    branch(`name !== undefined && name.startsWith(${jsString(prefix)})`, () => writer.line(`action = ${action};`, undefined));
  }
  if (rest !== undefined) branch("", () => writer.line(`action = ${rest};`, undefined));
  else if (unknown.unknown === "refuse") {
    branch("", () => {
      writer.line("if (problems === null) return false;", undefined);
      writer.line(`${writer.own("report", "unknown")}(problems.of("query", ${shownName(writer)}));`, undefined);
    });
  } else if (unknown.unknown === "warn")
    branch("", () => writer.line(`${writer.own("unknown-query", "reportUnknownQuery")}(x, ${shownName(writer)});`, undefined));
}

const shownName = (writer: ParameterWriter): string =>
  `${writer.validation("violations", "shortened")}(name ?? query.slice(from, equals))`;

/** One pass over the cookies. */
export function writeCookiePass(all: readonly Texts[], writer: ParameterWriter): void {
  const actions = actionsOf(all);
  if (actions.list.length === 0) return;
  declare(all, writer);
  const start = writer.own("fields", "cookieStart");
  writer.line(`const cookies = ${writer.own("fields", "cookieText")}(x.headers);`, undefined);
  writer.block(`for (let start = ${start}(cookies, 0); start < cookies.length; ) {`, undefined, () => {
    writer.line(`const equals = ${writer.own("decode", "nameEnd")}(cookies, start, 59);`, undefined);
    writer.line(`const end = ${writer.own("decode", "pairEnd")}(cookies, equals, ";");`, undefined);
    writer.line("const name = cookies.slice(start, equals).trimEnd();", undefined);
    writer.line(`start = ${start}(cookies, end);`, undefined);
    // RFC 6265 §5.2: a pair without `=` is ignored.
    writer.line("if (equals === end) continue;", undefined);
    writer.line("let action = -1;", undefined);
    writer.block("switch (name) {", undefined, () => {
      for (const [name, action] of actions.byName) {
        // `form` escapes names (RFC 6570 §3.2.8), `cookie` nothing (OpenAPI 3.2 "Style Values"): there it is another name.
        const isEscaped = actions.list[action]!.texts.parameter.style !== "cookie";
        const encoded = isEscaped ? encodeURIComponent(name) : name;
        writer.line(
          `case ${jsString(name)}: ${encoded === name ? "" : `case ${jsString(encoded)}: `}action = ${action}; break;`,
          undefined,
        );
      }
      if (actions.rest !== undefined) writer.line(`default: action = ${actions.rest};`, undefined);
    });
    writeActions(actions, { text: "cookies.slice(equals + 1, end).trim()", name: "name", decoded: "name" }, writer);
  });
}

interface Pair {
  readonly text: string;
  /** As sent. */
  readonly name: string;
  readonly decoded: string;
}

function writeActions({ list }: Actions, pair: Pair, writer: ParameterWriter): void {
  if (list.length === 0) return;
  writer.block("switch (action) {", undefined, () => {
    for (const [number, { texts, kind }] of list.entries()) {
      const { origin } = texts.parameter;
      writer.line(`case ${number}:`, origin);
      writer.indented(() => {
        if (kind === "one") writeOnly(texts.parameter, texts.one!, pair.text, writer);
        else if (kind === "many") writer.line(`(${texts.many} ??= []).push(${pair.text});`, origin);
        else if (kind === "stray") {
          writer.line("if (problems === null) return false;", origin);
          const { in: where, name } = texts.parameter;
          writer.line(
            `${writer.own("report", "wrongStyle")}(problems.of(${jsString(where)}, ${jsString(name)}), ${jsString(`${name}[property]=value`)});`,
            origin,
          );
        } else if (kind === "spread") writer.line(`(${texts.parts} ??= []).push(${pair.name}, ${pair.text});`, origin);
        else
          writer.line(
            `(${texts.parts} ??= []).push(${pair.decoded}.slice(${texts.parameter.name.length}), ${pair.text});`,
            origin,
          );
        writer.line("break;", origin);
      });
    }
  });
}

function writeOnly({ in: where, name, origin }: ParameterIr, variable: string, text: string, writer: ParameterWriter): void {
  writer.line(`if (${variable} === undefined) ${variable} = ${text};`, origin);
  writer.line("else if (problems === null) return false;", origin);
  writer.line(`else ${writer.own("report", "repeated")}(problems.of(${jsString(where)}, ${jsString(name)}));`, origin);
}

function declare(all: readonly Texts[], writer: ParameterWriter): void {
  const variables = all.flatMap(({ one, many, parts }) => [one, many, parts].filter((name) => name !== undefined));
  if (variables.length > 0) writer.line(`let ${variables.join(", ")};`, undefined);
}
