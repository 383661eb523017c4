import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import type { Sample } from "../harness/sample.ts";

/** The documents of a project by path, parsed; what is no document is left out. */
export type Documents = ReadonlyMap<string, unknown>;

export function documentsOf({ folder }: Pick<Sample, "folder">): Documents {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(yaml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(folder, dirname(file)).startsWith("expected"));
  return new Map(
    files.flatMap((file) => {
      try {
        return [
          [
            relative(folder, file).replaceAll("\\", "/"),
            parse(readFileSync(file, "utf8"), { maxAliasCount: 0, logLevel: "silent" }),
          ] as const,
        ];
      } catch {
        return [];
      }
    }),
  );
}

type Path = readonly (string | number)[];

/** Every place in a document, the root left out. */
export function places(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...at, Array.isArray(value) ? Number(key) : key];
    return [here, ...places(inner, here)];
  });
}

/** What may come of one place: the value itself is another, or its key is. */
export type Mutation =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "remove" };

/** The same document with one place changed; nothing else is copied. */
export function mutated(value: unknown, [step, ...rest]: Path, mutation: Mutation): unknown {
  if (step === undefined) return value;
  const change = ([key, inner]: readonly [string, unknown]): readonly (readonly [string, unknown])[] => {
    if (key !== String(step)) return [[key, inner]];
    if (rest.length > 0) return [[key, mutated(inner, rest, mutation)]];
    if (mutation.kind === "remove") return [];
    return mutation.kind === "key" ? [[mutation.key, inner]] : [[key, mutation.value]];
  };
  const entries = Object.entries(value as object).flatMap(change);
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** Names that every object of JavaScript answers to, and text that is no name. */
export const names = (own: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    own,
    own,
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "",
    " ",
    "x",
    "*",
    "/",
    "{",
    "${env:",
    "\u0000",
    "é",
    "-",
    "1",
    "a.b",
    "#",
    "[",
    "(",
    "\ud800",
  );

export const mutations = (own: string): fc.Arbitrary<Mutation> =>
  fc.oneof(
    names(own).map((key) => ({ kind: "key" as const, key })),
    names(own).map((value) => ({ kind: "value" as const, value })),
    fc
      .constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        1.5,
        1e21,
        [],
        {},
        [null],
        [[]],
        { [own]: own },
        { $ref: "#/" },
        { $ref: `#/components/schemas/${own}` },
        { constructor: {} },
      )
      .map((value) => ({ kind: "value" as const, value })),
    fc.constant({ kind: "remove" as const }),
  );
