/** What both text formats write behind the name of a metric. */
export const lineEnd = (labels: string, value: string): string => (labels === "" ? ` ${value}` : `{${labels}} ${value}`);

/** Labels in front of another one. */
export const besides = (labels: string): string => (labels === "" ? "" : `${labels},`);

export function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
