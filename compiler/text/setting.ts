import type { NumberIr, NumberKind, SettingKind, StartValueIr } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";

/** `${env:NAME}`, and with what counts where the variable is not set or empty: `${env:NAME:-default}`. */
export const settingPattern = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}/g;

/** Text in which settings are read at start; a plain constant where there is none. */
export const startValue = (text: string, origin: Origin, as?: SettingKind): StartValueIr | string =>
  hasSetting(text) ? { kind: "setting", template: text, ...(as === undefined ? {} : { as }), origin } : text;

/** A number that may be a setting. `at` is asked for one only: what nobody wrote has no place. */
export const startNumber = (
  written: number | string,
  parse: (text: string) => number,
  at: () => Origin,
  as: NumberKind,
): NumberIr => {
  if (typeof written === "number") return written;
  return hasSetting(written) ? { kind: "setting", template: written, as, origin: at() } : parse(written);
};

export const hasSetting = (text: string): boolean => text.includes("${env:");

/** The text with every setting at its default; undefined where one has none. */
export function withDefaults(text: string): string | undefined {
  let isWhole = true;
  const filled = text.replaceAll(settingPattern, (_whole, _name: string, fallback: string | undefined) => {
    if (fallback === undefined) isWhole = false;
    return fallback ?? "";
  });
  return isWhole ? filled : undefined;
}
