import type { StartValueIr } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";

/** Text in which `${env:NAME}` is read at start; a plain constant where there is none. */
export const startValue = (text: string, origin: Origin, as?: "port" | "endpoint"): StartValueIr | string =>
  hasSetting(text) ? { kind: "setting", template: text, ...(as === undefined ? {} : { as }), origin } : text;

export const hasSetting = (text: string): boolean => text.includes("${env:");
