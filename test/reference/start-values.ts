import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { NumberIr, NumberKind, NumberSettingIr, StartValueIr } from "../../compiler/ir/config.ts";
import { parseDuration, parseSize } from "../../compiler/text/formats.ts";
import type { Surroundings } from "./interpreter.ts";

export function startValue(node: StartValueIr, surroundings: Surroundings): string {
  if (node.kind === "setting") return text(node, surroundings);
  if ("file" in node.from) return readFileSync(resolve(surroundings.folder, node.from.file), "utf8").replace(/\r?\n$/, "");
  return surroundings.environment[node.from.env] ?? "";
}

function text(node: StartValueIr | string, surroundings: Surroundings): string {
  if (typeof node === "string") return node;
  if (node.kind === "secret") return startValue(node, surroundings);
  return node.template.replaceAll(
    /\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, name: string, fallback = "") => surroundings.environment[name] || fallback,
  );
}

/** Numbers, and the settings that become some. */
export function numbers<Key extends string>(
  values: { readonly [key in Key]?: NumberIr },
  surroundings: Surroundings,
): { readonly [key in Key]: number } {
  const made = Object.entries(values as Readonly<Record<string, NumberIr>>).map(([key, value]) => [
    key,
    typeof value === "number" ? value : numberOf(value, surroundings),
  ]);
  return Object.fromEntries(made) as { readonly [key in Key]: number };
}

const parsers: Readonly<Record<NumberKind, (text: string) => number>> = {
  port: Number,
  count: Number,
  duration: parseDuration,
  size: parseSize,
};

export const numberOf = (value: NumberSettingIr, surroundings: Surroundings): number =>
  parsers[value.as](startValue(value, surroundings));
