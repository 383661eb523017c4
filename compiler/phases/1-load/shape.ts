import { type JsonSchema, schemas } from "../../../schema/schemas.gen.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest, suggestion } from "../../diagnostics/suggest.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import { type JsonKind, kindOf } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { formats } from "../../text/formats.ts";
import { count, list } from "../../text/words.ts";
import { cutText } from "./cut-text.ts";
import { joinedKeyHelp } from "./joined-key.ts";
import {
  badFormat,
  badName,
  duplicateItem,
  literalSecret,
  misplacedSetting,
  missingKey,
  outOfRange,
  unknownKey,
  unknownValue,
  wrongSize,
  wrongType,
} from "./messages.gen.ts";
import { type Meant, mistaken } from "./mistaken.ts";
import { followSchemaRef, type LocatedSchema, schemaKinds, schemaWords } from "./schema-kinds.ts";
import { inYaml, sampleValue } from "./shape-example.ts";
import {
  cutHelp,
  formatHelp,
  foundWords,
  keyHelp,
  missingKeyHelp,
  patternHelp,
  rangeHelp,
  sizeHelp,
  typeHelp,
} from "./shape-help.ts";
import { gluedKey } from "./yaml-mistake.ts";

/** A finding and how deep in the value it lies: the deepest branch of an `anyOf` is the one that was meant. */
interface Finding {
  readonly depth: number;
  readonly diagnostic: Diagnostic;
}

/** Where the checked value stands. */
interface Place {
  /** `listeners.public.port`; the file for the whole document. */
  readonly name: string;
  readonly at: Origin;
  /** Its key, where a value is missing something. */
  readonly keyAt: Origin;
  readonly depth: number;
  /** What holds it cannot be without it. */
  readonly isNeeded?: boolean;
}

/**
 * Holds a tree against one of our own schemas: the small part of JSON Schema that they use, with messages for people.
 *
 * @param schema path below `schema/` without `.json`: `gateway`, `policies`
 * @returns whether the value has the shape, so that it may be treated as its type
 */
export function checkShape(
  value: JsonValue,
  schema: string,
  name: string,
  at: Origin,
  positions: Positions,
  textOf: (origin: Origin) => string,
  sink: DiagnosticSink,
): boolean {
  const root = schemas[schema];
  if (root === undefined) throw new Error(`there is no schema ${schema}`);
  const findings: Finding[] = [];
  new Checker(positions, textOf).check(value, { schema: root, file: schema }, { name, at, keyAt: at, depth: 0 }, findings);
  for (const { diagnostic } of findings) sink.report(diagnostic);
  return findings.length === 0;
}

const isSecret = ({ file, schema }: LocatedSchema): boolean => file === "secret" && schema === schemas.secret;

class Checker {
  readonly #positions: Pick<Positions, "key" | "value">;
  readonly #textOf: (origin: Origin) => string;
  /** Whether somebody reads what is found, and not only how much. */
  readonly #isRead: boolean;

  constructor(positions: Pick<Positions, "key" | "value">, textOf: (origin: Origin) => string, isRead = true) {
    this.#positions = positions;
    this.#textOf = textOf;
    this.#isRead = isRead;
  }

  check(value: JsonValue, written: LocatedSchema, place: Place, findings: Finding[]): void {
    const located = followSchemaRef(written);
    const { schema } = located;
    const found = (diagnostic: Diagnostic): unknown => findings.push({ depth: place.depth, diagnostic });
    if (isSecret(located) && kindOf(value) !== "object") {
      found(literalSecret(place.at, { name: place.name }, { isSecret: true }));
      return;
    }
    if (schema.anyOf !== undefined) {
      this.#anyOf(value, located, place, findings);
      return;
    }
    const kinds = schemaKinds(located);
    const kind = kindOf(value);
    if (!fits(value, kind, kinds)) {
      found(this.#wrongType(value, located, place));
      return;
    }
    if (schema.enum !== undefined && !schema.enum.includes(value)) {
      found(this.#unknownValue(value, schema, place));
      return;
    }
    if (typeof value === "string") this.#string(value, located, place, found);
    else if (typeof value === "number") this.#number(value, schema, place, found);
    else if (Array.isArray(value)) this.#array(value, located, place, findings);
    else if (kind === "object") this.#object(value as JsonObject, located, place, findings);
  }

  #anyOf(value: JsonValue, located: LocatedSchema, place: Place, findings: Finding[]): void {
    const branches = located.schema.anyOf!.map((schema) => followSchemaRef({ schema, file: located.file }));
    const kind = kindOf(value);
    const candidates = branches.filter((branch) => fits(value, kind, schemaKinds(branch)));
    const secret = branches.find(isSecret);
    if (candidates.length === 0 && secret !== undefined) {
      this.check(value, secret, place, findings);
      return;
    }
    let best: Finding[] | undefined;
    let isConstant = false;
    for (const branch of candidates) {
      const own: Finding[] = [];
      this.check(value, branch, place, own);
      if (own.length === 0) return;
      // Among equals a form is likelier to be meant than a constant such as `off`, and the first form than a later one.
      if (best === undefined || deepest(own) > deepest(best) || (isConstant && deepest(own) === deepest(best))) {
        best = own;
        isConstant = branch.schema.enum !== undefined;
      }
    }
    // Whoever writes a word of others for a constant has meant no other form.
    const meant = candidates.find(({ schema }) => typeof value === "string" && mistaken(value, schema, []) !== undefined);
    if (meant !== undefined) return this.check(value, meant, place, findings);
    const constants = candidates.flatMap((branch) => branch.schema.enum ?? []);
    const isFarFromConstants =
      candidates.every((branch) => branch.schema.enum !== undefined) &&
      nearest(String(value), constants.map(String)) === undefined;
    if (best === undefined || (isFarFromConstants && candidates.length < branches.length)) {
      findings.push({ depth: place.depth, diagnostic: this.#wrongType(value, located, place) });
      return;
    }
    findings.push(...best);
  }

  #wrongType(value: JsonValue, located: LocatedSchema, place: Place): Diagnostic {
    const expected = schemaWords(located);
    const help = this.#isRead ? typeHelp(value, located, expected, this.#rightness(located, place)) : "";
    return wrongType(place.at, { name: place.name, expected, found: foundWords(value, kindOf(value)), help });
  }

  /** Tells whether a value, which stands nowhere yet, has a shape in full. */
  #rightness(located: LocatedSchema, place: Place): (candidate: JsonValue) => boolean {
    return (candidate) => {
      const own: Finding[] = [];
      new Checker({ key: () => place.at, value: () => place.at }, this.#textOf, false).check(candidate, located, place, own);
      return own.length === 0;
    };
  }

  #unknownValue(value: JsonValue, schema: JsonSchema, place: Place): Diagnostic {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const known = schema.enum ?? [];
    const meant = mistaken(text, schema, known.map(String));
    if (meant !== undefined && "help" in meant)
      return unknownValue(place.at, { value: text, name: place.name, suggestion: meant.help });
    const near = meant?.name ?? nearest(text, known.map(String));
    const written = (name: string): string => (known.includes(name) ? inYaml(name) : name);
    return unknownValue(
      place.at,
      { value: text, name: place.name, suggestion: suggestion(meant?.name ?? text, known.map(String), written) },
      near === undefined ? {} : { edits: [{ origin: place.at, text: this.#requoted(place.at, near) }] },
    );
  }

  #string(text: string, located: LocatedSchema, place: Place, found: (diagnostic: Diagnostic) => unknown): void {
    const { schema } = located;
    const format = schema.format === undefined ? undefined : formats[schema.format];
    // Text of an untyped schema is free; everywhere else a setting would be taken literally.
    if (text.includes("${env:") && format?.settings !== true && (schema.type !== undefined || schema.enum !== undefined)) {
      found(misplacedSetting(place.at, { name: place.name }));
      return;
    }
    if (schema.format !== undefined && format === undefined) throw new Error(`there is no format ${schema.format}`);
    if (format !== undefined && !format.matches(text)) {
      found(
        badFormat(place.at, {
          value: text,
          expected: format.noun,
          help: this.#isRead ? formatHelp(text, schema.format!, format, this.#rightness(located, place)) : "",
        }),
      );
    } else if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(text)) {
      found(
        badFormat(place.at, {
          value: text,
          expected: `a value for \`${place.name}\``,
          help: patternHelp(schema.pattern, { examples: schema.examples, default: schema.default, format: schema.format }),
        }),
      );
    }
    const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
    this.#size(text.length, minLength, maxLength, "character", located, place, found);
  }

  #number(
    value: number,
    schema: JsonSchema & { readonly exclusiveMinimum?: number },
    place: Place,
    found: (diagnostic: Diagnostic) => unknown,
  ): void {
    const { minimum, maximum, exclusiveMinimum } = schema;
    const limits = [
      ...(minimum === undefined ? [] : [`at least ${minimum}`]),
      ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
      ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ];
    const isIn = (minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum);
    if (!isIn || (exclusiveMinimum !== undefined && value <= exclusiveMinimum)) {
      const expected = list(limits);
      found(outOfRange(place.at, { value: String(value), name: place.name, help: rangeHelp(value, expected, schema) }));
    }
  }

  #array(array: readonly JsonValue[], { schema, file }: LocatedSchema, place: Place, findings: Finding[]): void {
    const {
      minItems = 0,
      maxItems = Number.POSITIVE_INFINITY,
      items,
      uniqueItems,
    } = schema as JsonSchema & { readonly uniqueItems?: boolean };
    this.#size(array.length, minItems, maxItems, "item", { schema, file }, place, (diagnostic) =>
      findings.push({ depth: place.depth, diagnostic }),
    );
    const seen = new Map<JsonValue, number>();
    array.forEach((item, index) => {
      const at = this.#positions.value(array, index);
      const first = seen.get(item);
      if (uniqueItems === true && first !== undefined) {
        const related = [{ origin: this.#positions.value(array, first), text: "first here" }];
        findings.push({
          depth: place.depth + 1,
          diagnostic: duplicateItem(at, { value: String(item), name: place.name }, { related }),
        });
      } else if (typeof item !== "object") seen.set(item, index);
      if (items !== undefined)
        this.check(
          item,
          { schema: items, file },
          { name: `${place.name}[${index}]`, at, keyAt: at, depth: place.depth + 1 },
          findings,
        );
    });
  }

  #object(object: JsonObject, { schema, file }: LocatedSchema, place: Place, findings: Finding[]): void {
    const known = Object.keys(schema.properties ?? {});
    const meant = new Set<string>();
    for (const [key, value] of Object.entries(object)) {
      const keyAt = this.#positions.key(object, key);
      const inside: Place = {
        name: place.depth === 0 ? key : `${place.name}.${key}`,
        at: this.#positions.value(object, key),
        keyAt,
        depth: place.depth + 1,
        isNeeded: schema.required?.includes(key) === true,
      };
      if (Object.hasOwn(schema.properties ?? {}, key)) {
        this.check(value, { schema: schema.properties![key]!, file }, inside, findings);
      } else if (schema.additionalProperties === false) {
        const joined = joinedKeyHelp(key, { schema, file });
        const other = mistaken(key, schema, known);
        const near =
          other !== undefined
            ? "name" in other && !Object.hasOwn(object, other.name)
              ? other.name
              : undefined
            : joined === undefined
              ? nearest(
                  gluedKey(key)?.key ?? key,
                  known.filter((name) => !Object.hasOwn(object, name)),
                )
              : undefined;
        if (near !== undefined) meant.add(near);
        const cut = cutText(this.#textOf({ ...keyAt, start: 0, end: Number.POSITIVE_INFINITY }), keyAt.start);
        const owner = near === undefined ? (sentenceOf(other) ?? joined ?? this.#ownerOf(key, { schema, file })) : undefined;
        const help = cut !== undefined ? cutHelp(cut) : (owner ?? keyHelp(key, near, known));
        const edits =
          near === undefined || gluedKey(key) !== undefined ? [] : [{ origin: keyAt, text: this.#requoted(keyAt, near) }];
        findings.push({
          depth: place.depth + 1,
          diagnostic: unknownKey(keyAt, { key, where: place.name, suggestion: help }, { edits }),
        });
      } else {
        this.#name(key, schema.propertyNames, keyAt, place, findings);
        if (typeof schema.additionalProperties === "object")
          this.check(value, { schema: schema.additionalProperties, file }, inside, findings);
      }
    }
    for (const key of schema.required ?? []) {
      // The misspelt key is reported already.
      if (Object.hasOwn(object, key) || meant.has(key)) continue;
      const described = schema.properties?.[key];
      const located = described === undefined ? undefined : { schema: described, file };
      const help = this.#isRead
        ? missingKeyHelp(key, located, located === undefined ? () => false : this.#rightness(located, place))
        : "";
      findings.push({ depth: place.depth + 1, diagnostic: missingKey(place.keyAt, { key, where: place.name, help }) });
    }
    this.#size(
      Object.keys(object).length,
      schema.minProperties ?? 0,
      schema.maxProperties ?? Number.POSITIVE_INFINITY,
      "key",
      { schema, file },
      place,
      (diagnostic) => findings.push({ depth: place.depth, diagnostic }),
    );
  }

  #name(key: string, schema: JsonSchema | undefined, at: Origin, place: Place, findings: Finding[]): void {
    if (schema === undefined) return;
    const format = schema.format === undefined ? undefined : formats[schema.format];
    const isRight =
      (schema.pattern === undefined || new RegExp(schema.pattern, "u").test(key)) &&
      (format === undefined || format.matches(key)) &&
      key.length >= (schema.minLength ?? 0) &&
      key.length <= (schema.maxLength ?? Number.POSITIVE_INFINITY);
    if (isRight) return;
    const help =
      format !== undefined
        ? `Write ${format.noun} like ${format.example}.`
        : schema.pattern !== undefined
          ? patternHelp(schema.pattern, schema)
          : "A name cannot be empty.";
    findings.push({ depth: place.depth + 1, diagnostic: badName(at, { key, where: place.name, help }) });
  }

  /** A key that stands one level too high: a policy beside `policies`. */
  #ownerOf(key: string, { schema, file }: LocatedSchema): string | undefined {
    const owner = Object.entries(schema.properties ?? {}).find(([, part]) =>
      Object.hasOwn(followSchemaRef({ schema: part, file }).schema.properties ?? {}, key),
    );
    return owner === undefined ? undefined : `Write it under \`${owner[0]}\`: \`${owner[0]}: { ${key}: … }\`.`;
  }

  #size(
    size: number,
    min: number,
    max: number,
    noun: string,
    located: LocatedSchema,
    place: Place,
    found: (diagnostic: Diagnostic) => unknown,
  ): void {
    if (size >= min && size <= max) return;
    const expected =
      min === max ? `exactly ${count(min, noun)}` : size < min ? `at least ${count(min, noun)}` : `at most ${count(max, noun)}`;
    const what = size === 0 ? "empty" : noun === "character" ? "too long" : `of ${count(size, noun)}`;
    const sample = this.#isRead ? sampleValue(located) : undefined;
    const shown = sample !== undefined && this.#rightness(located, place)(sample) ? sample : undefined;
    found(
      wrongSize(place.at, {
        name: place.name,
        found: what,
        expected,
        help: sizeHelp(place.isNeeded === true ? undefined : place.name, expected, shown),
      }),
    );
  }

  /** A word in the quotes, if any, of the text that it replaces. */
  #requoted(origin: Origin, word: string): string {
    const quote = this.#textOf(origin)[0];
    return quote === '"' || quote === "'" ? quote + word + quote : word;
  }
}

const sentenceOf = (meant: Meant | undefined): string | undefined =>
  meant !== undefined && "help" in meant ? meant.help : undefined;

const deepest = (findings: readonly Finding[]): number => Math.max(...findings.map(({ depth }) => depth));

const fits = (value: JsonValue, kind: JsonKind, kinds: ReadonlySet<JsonKind | "integer">): boolean =>
  kinds.has(kind) || (typeof value === "number" && Number.isInteger(value) && kinds.has("integer"));
