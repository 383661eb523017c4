import { list } from "../text/words.ts";
import type { Ast, Span } from "./ast.ts";
import { knownEntry, readEntry } from "./check-entry.ts";
import { an, type Checker, place } from "./checker.ts";
import type { Typed } from "./coerce.ts";
import { fieldPath, pathOf, presenceTest } from "./facts.ts";
import { isFieldMap } from "./field-maps.ts";
import { absentVariable, mayBeAbsent, mayBeNull, noFields, notAValue, unknownField, unknownVariable } from "./messages.gen.ts";
import { bool, type CelType, dyn, type FieldType, formatType, typeType, unionOf } from "./types.ts";
import { isNothing } from "./value-type.ts";

/** Types that can be written as values. */
const typeNames: readonly string[] = [
  "bool",
  "bytes",
  "double",
  "google.protobuf.Duration",
  "google.protobuf.Timestamp",
  "int",
  "list",
  "map",
  "null_type",
  "string",
  "type",
  "uint",
];

export function checkName(checker: Checker, ast: Ast & { kind: "name" }): Typed {
  return qualified(checker, [ast.name], ast.rooted, ast) ?? unknown(checker, ast, [ast.name], ast);
}

export function checkSelect(checker: Checker, ast: Ast & { kind: "select" }): Typed {
  const names = namesOf(ast);
  if (names !== undefined) {
    // `a.b.c` may be one declared name, or the field `c` of `a.b`: the longest name wins.
    const whole = qualified(checker, names.parts, names.root.rooted, ast);
    if (whole !== undefined) return whole;
    if (!isResolvable(checker, names)) return unknown(checker, names.root, names.parts, ast);
  }
  return readField(checker, partOf(checker, ast.operand), ast.name, ast, ast.field, ast.operand);
}

export function checkHas(checker: Checker, ast: Ast & { kind: "has" }): Typed {
  const names = namesOf({
    kind: "select",
    operand: ast.operand,
    name: ast.name,
    field: ast.field,
    start: ast.operand.start,
    end: ast.field.end,
  });
  const declared = names === undefined ? undefined : find(checker, names.parts, names.root.rooted);
  const node = (operand: Typed, name: string): Typed => ({
    type: bool,
    node: { kind: "has", operand: operand.node, name, type: bool, at: place(ast) },
  });
  if (declared?.kind === "variable") {
    // `has(identity.subject)`: whether there is an identity at all.
    const variable = qualified(checker, names!.parts, names!.root.rooted, ast, false)!;
    return node(variable, "");
  }
  if (names !== undefined && !isResolvable(checker, names)) return unknown(checker, names.root, names.parts, ast);
  const operand = partOf(checker, ast.operand);
  const type = checker.expand(operand.type);
  note(checker, operand, ast.name);
  const known = knownEntry(checker, operand, fieldName(operand, ast.name), ast.field);
  if (known !== undefined) return node(known.operand, fieldName(operand, ast.name));
  if (fieldType(checker, type, ast.name) === undefined) reportField(checker, type, ast.name, ast.field, ast.operand);
  return node(operand, fieldName(operand, ast.name));
}

/** Reads the field `name` of `operand`; `at` is the place of the name. */
export function readField(checker: Checker, operand: Typed, name: string, ast: Ast, at: Span, owner: Ast): Typed {
  const before = checker.problems.length;
  const known = knownEntry(checker, operand, fieldName(operand, name), at);
  const isMisspelt = checker.problems.length > before;
  if (known !== undefined) {
    note(checker, operand, name);
    return readEntry(checker, known, fieldName(operand, name), ast);
  }
  const type = checker.expand(operand.type);
  const field = fieldType(checker, type, name);
  if (field === undefined) {
    reportField(checker, type, name, at, owner);
    return checker.invalid(ast);
  }
  note(checker, operand, name);
  warnNull(checker, type, owner);
  const path = pathOf(ast);
  if (
    field.optional &&
    !checker.environment.sparse &&
    !isSparse(checker, operand) &&
    path !== undefined &&
    !isMisspelt &&
    !checker.proves(`there ${path}`)
  ) {
    checker.report(ast, (place) => mayBeAbsent(place, { path, owner: ownerOf(operand, type), test: presenceTest(path) }));
  }
  return {
    type: field.type,
    values: field.values,
    node: {
      kind: "field",
      operand: operand.node,
      name: fieldName(operand, name),
      type: checker.valueType(field.type),
      at: place(ast),
    },
  };
}

const isSparse = ({ environment }: Checker, { node }: Typed): boolean =>
  node.kind === "variable" && environment.variables[node.name]!.sparse === true;

/** Names of header fields are case-insensitive (RFC 9110 §5.1). */
const fieldName = (operand: Typed, name: string): string =>
  operand.node.kind === "variable" && isFieldMap(operand.node.name) ? name.toLowerCase() : name;

export function note(checker: Checker, { node }: Typed, part: string): void {
  if (node.kind === "variable") checker.reads.part(node.name, part);
}

/** Undefined: no such field. Maps promise nothing about what is in them. */
function fieldType(
  checker: Checker,
  type: CelType,
  name: string,
): (Pick<FieldType, "type" | "values"> & { readonly optional: boolean }) | undefined {
  if (type.kind === "dyn" || isNothing(type)) return { type: dyn, optional: false };
  if (type.kind === "map")
    return ["string", "dyn", "union"].includes(type.key.kind)
      ? { type: type.value, values: type.values, optional: true }
      : undefined;
  if (type.kind === "object") {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (field !== undefined) return { ...field, optional: !field.required };
    return type.rest === undefined ? undefined : { type: type.rest, optional: true };
  }
  if (type.kind !== "union") return undefined;
  const members = type.members.map(checker.expand).filter(({ kind }) => kind === "object" || kind === "map" || kind === "dyn");
  const found = members.map((member) => fieldType(checker, member, name));
  const known = found.filter((field) => field !== undefined);
  if (known.length === 0) return undefined;
  return {
    type: unionOf(known.map((field) => checker.expand(field.type))),
    ...(known.every(({ values }) => values !== undefined) ? { values: known.flatMap(({ values }) => values!) } : {}),
    optional: known.length < found.length || known.some(({ optional }) => optional),
  };
}

function reportField(checker: Checker, type: CelType, name: string, at: Span, owner: Ast): void {
  const objects = (type.kind === "union" ? type.members.map(checker.expand) : [type]).filter(
    (member) => member.kind === "object",
  );
  if (objects.length === 0) {
    const help =
      type.kind === "list"
        ? "Elements of a list are read with `[0]`, or with `.exists(item, …)`."
        : type.kind === "map"
          ? "Read it with `[…]`."
          : "Compare or convert the value itself.";
    checker.report(at, (place) =>
      noFields(place, { path: checker.source(owner), type: an(formatType(type)), field: name, help }),
    );
    return;
  }
  const known = [...new Set(objects.flatMap((member) => Object.keys(member.fields)))];
  checker.report(at, (place) =>
    unknownField(place, {
      owner: `\`${checker.source(owner)}\``,
      field: name,
      suggestion: elsewhere(checker, checker.source(owner), name) ?? checker.suggest(name, known, checker.source(owner)),
    }),
  );
}

/** `params` has the parameters of the path alone; others are looked for there all the same. */
function elsewhere({ environment }: Checker, owner: string, name: string): string | undefined {
  if (owner !== "params") return undefined;
  const declared = (variable: string, key: string): boolean => Object.hasOwn(environment.variables[variable]?.entries ?? {}, key);
  if (declared("request.query", name)) return `It is a query parameter: write \`${fieldPath("request.query", name)}\`.`;
  const field = name.toLowerCase();
  return declared("request.headers", field)
    ? `It is a header parameter: write \`${fieldPath("request.headers", field)}\`.`
    : undefined;
}

/** Who could have promised that a part is there. */
export function ownerOf({ node }: Typed, type: CelType): string {
  if (node.kind !== "variable") return titleOf(type);
  return node.name.startsWith("request.") ? "the spec" : node.name === "identity.claims" ? "the scheme" : titleOf(type);
}

const titleOf = (type: CelType): string =>
  type.kind === "object" && type.title !== undefined ? `the schema of ${type.title}` : "the schema";

/** Warns where a null would end the expression in an error. */
export function warnNull(checker: Checker, type: CelType, ast: Ast): void {
  if (checker.environment.sparse || type.kind !== "union" || !type.members.some(({ kind }) => kind === "null")) return;
  const path = pathOf(ast);
  if (path === undefined || checker.proves(`value ${path}`)) return;
  checker.report(ast, (at) => mayBeNull(at, { path, type: formatType(type) }));
}

interface Names {
  readonly root: Ast & { kind: "name" };
  readonly parts: readonly string[];
}

/** The names of `a.b.c`; undefined where something else is in front of a dot. */
function namesOf(ast: Ast): Names | undefined {
  if (ast.kind === "name") return { root: ast, parts: [ast.name] };
  if (ast.kind !== "select") return undefined;
  const operand = namesOf(ast.operand);
  return operand === undefined ? undefined : { root: operand.root, parts: [...operand.parts, ast.name] };
}

type Found = { readonly kind: "local"; readonly index: number } | { readonly kind: "variable" | "type"; readonly name: string };

/** What the whole name means. */
function find(checker: Checker, parts: readonly string[], rooted: boolean): Found | undefined {
  if (!rooted) {
    const index = checker.locals.findLastIndex((local) => local.name === parts[0]);
    if (index >= 0) return parts.length === 1 ? { kind: "local", index } : undefined;
  }
  const name = parts.join(".");
  const container = rooted ? [] : (checker.environment.container ?? "").split(".").filter((part) => part !== "");
  for (let length = container.length; length >= 0; length--) {
    const candidate = [...container.slice(0, length), name].join(".");
    if (Object.hasOwn(checker.environment.variables, candidate)) return { kind: "variable", name: candidate };
  }
  return typeNames.includes(name) ? { kind: "type", name } : undefined;
}

function qualified(checker: Checker, parts: readonly string[], rooted: boolean, ast: Ast, guarded = true): Typed | undefined {
  const found = find(checker, parts, rooted);
  if (found === undefined) return undefined;
  const at = place(ast);
  if (found.kind === "local") {
    const { name, type, values, external } = checker.locals[found.index]!;
    return { type, values, node: { kind: "local", name, external, type: checker.valueType(type), at } };
  }
  if (found.kind === "type") return { type: typeType, node: { kind: "typeName", name: found.name, type: typeType, at } };
  const { type, external, optional = false, partsOnly = false } = checker.environment.variables[found.name]!;
  checker.reads.variable(found.name);
  if (partsOnly) {
    const known = type.kind === "object" ? Object.keys(type.fields) : [];
    checker.report(ast, (where) =>
      notAValue(where, {
        name: found.name,
        suggestion: checker.suggest(
          "",
          known.map((name) => fieldPath(found.name, name)),
        ),
      }),
    );
    return checker.invalid(ast);
  }
  if (
    optional === true &&
    !checker.environment.sparse &&
    guarded &&
    !checker.proves(`there ${found.name}`) &&
    !anyPartProven(checker, found.name)
  ) {
    checker.report(ast, (where) =>
      mayBeAbsent(where, { path: found.name, owner: "this operation", test: presenceTest(found.name) }),
    );
  }
  return {
    type,
    node: { kind: "variable", name: found.name, external, optional: optional !== false, type: checker.valueType(type), at },
  };
}

/** `has(identity.subject)` proves every other part of the identity that each has. */
function anyPartProven(checker: Checker, name: string): boolean {
  const root = name.slice(0, name.indexOf("."));
  return (
    root !== "" &&
    checker.environment.variables[name]!.apart !== true &&
    Object.keys(checker.environment.variables).some((other) => other.startsWith(`${root}.`) && checker.proves(`there ${other}`))
  );
}

/** The operand of a field read; the parts of a `partsOnly` variable may be read though it is no value. */
export function partOf(checker: Checker, operand: Ast): Typed {
  const names = namesOf(operand);
  const found = names === undefined ? undefined : find(checker, names.parts, names.root.rooted);
  if (found?.kind !== "variable" || checker.environment.variables[found.name]!.partsOnly !== true) {
    const typed = checker.check(operand);
    return typed;
  }
  const { type, external } = checker.environment.variables[found.name]!;
  checker.reads.variable(found.name);
  return {
    type,
    node: { kind: "variable", name: found.name, external, optional: false, type: checker.valueType(type), at: place(operand) },
  };
}

/** Whether some beginning of the name means something. */
function isResolvable(checker: Checker, { parts, root }: Names): boolean {
  return parts.some((_, index) => find(checker, parts.slice(0, index + 1), root.rooted) !== undefined);
}

function unknown(checker: Checker, root: Ast & { kind: "name" }, parts: readonly string[], ast: Ast): Typed {
  const { variables, absent } = checker.environment;
  const name = parts[0]!;
  const [first, known] = [root, Object.keys(variables)];
  const reason = Object.hasOwn(absent, name) ? absent[name] : undefined;
  const group = known.filter((candidate) => candidate.startsWith(`${name}.`));
  const inGroup = parts.length > 1 ? `${name}.${parts[1]!}` : name;
  if (reason === undefined && Object.hasOwn(absent, inGroup)) {
    const others = group.map((candidate) => `\`${candidate}\``);
    const help = `Use ${list(others, "or")}.`;
    checker.report({ start: first.start, end: endOf(ast, root, 2) }, (at) =>
      absentVariable(at, { name: inGroup, reason: absent[inGroup]!, help }),
    );
  } else if (reason !== undefined) {
    const help =
      name === "body"
        ? "Declare a request body with a JSON media type, or use other parts of the request."
        : "Add `security` to the operation, or use other parts of the request.";
    checker.report(first, (at) => absentVariable(at, { name, reason, help }));
  } else if (group.length > 0) {
    const full = parts.length > 1 ? `${name}.${parts[1]!}` : name;
    if (parts.length === 1) checker.report(ast, (at) => notAValue(at, { name, suggestion: checker.suggest("", group) }));
    else {
      const help = checker.suggest(
        parts[1]!,
        group.map((candidate) => candidate.slice(name.length + 1)),
        name,
      );
      checker.report({ start: first.start, end: endOf(ast, root, 2) }, (at) =>
        unknownVariable(at, { name: full, suggestion: help }),
      );
    }
  } else {
    const roots = [
      ...new Set([...checker.locals.map((local) => local.name), ...known.map((candidate) => candidate.split(".")[0]!)]),
    ];
    // `headers` alone is a part of something that has another name.
    const inside = known.filter((candidate) => candidate.endsWith(`.${name}`));
    const suggestion =
      inside.length > 0
        ? `Did you mean ${list(
            inside.map((one) => `\`${one}\``),
            "or",
          )}?`
        : checker.suggest(name, roots);
    checker.report(first, (at) => unknownVariable(at, { name, suggestion }));
  }
  return checker.invalid(ast);
}

/** End of the first `count` names of a chain. */
function endOf(ast: Ast, root: Ast, count: number): number {
  const chain: Ast[] = [];
  for (let at: Ast | undefined = ast; at !== undefined; at = at.kind === "select" || at.kind === "has" ? at.operand : undefined)
    chain.unshift(at);
  const from = chain.indexOf(root);
  const node = chain[from + count - 1];
  return node === undefined ? ast.end : node.kind === "has" ? node.field.end : node.end;
}
