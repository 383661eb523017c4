import type { SpanValue } from "../../telemetry/span.ts";
import type { OtlpSource } from "./source.ts";

/** As OTLP/JSON has it: names in lowerCamelCase, numbers of 64 bits as texts, ids in hexadecimal digits, enums as numbers. */
export const resourceJson = ({ attributes }: OtlpSource): object => ({
  attributes: attributes.map(({ key, value }) => keyValueJson(key, value)),
});

export const keyValueJson = (key: string, value: SpanValue): object => ({ key, value: valueJson(value) });

function valueJson(value: SpanValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value !== "number") return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: doubleJson(value) };
}

/** JSON has no word for some doubles; Protocol Buffers' mapping has texts for them. */
export function doubleJson(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

/** Milliseconds since the epoch with a fraction, as digits of nanoseconds: more than a double holds. */
export function nanosecondsJson(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const fraction = Math.round((milliseconds - whole) * 1e6);
  return fraction === 1e6 ? `${whole + 1}000000` : `${whole}${String(fraction).padStart(6, "0")}`;
}
