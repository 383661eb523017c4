import { formats } from "./formats.ts";

/** What a value of a number alone probably counts: `3` → `3s`. */
const unitOfNumber: Readonly<Record<string, string>> = { duration: "s", size: "B", rate: "/s" };

/** The text that was probably meant by one that is not of a format; undefined where that cannot be told. */
export function repaired(value: string | number, format: string): string | undefined {
  const text = String(value).trim();
  const plain = format.replace(/-setting$/, "");
  const candidate = /^\d+$/.test(text) ? `${text}${unitOfNumber[plain] ?? ""}` : repairs[plain]?.(text);
  return candidate !== undefined && candidate !== value && formats[format]?.matches(candidate) === true ? candidate : undefined;
}

const repairs: Readonly<Record<string, (text: string) => string | undefined>> = {
  duration: (text) => {
    const [, number, unit] = /^(\d+) *([a-z]+)$/i.exec(text) ?? [];
    const short = timeUnit(unit);
    return short === undefined ? undefined : `${number!}${short}`;
  },
  size: (text) => {
    const [, number, unit] = /^(\d+) *([kmg])i?(?:b|bytes?)?$/i.exec(text) ?? [];
    return unit === undefined ? text.replace(/ *bytes?$/i, "B") : `${number!}${unit === "k" ? "K" : unit.toUpperCase()}iB`;
  },
  rate: (text) => {
    const [, number, unit] = /^(\d+) *(?:\/|per) *([a-z]+)$/i.exec(text) ?? [];
    const short = timeUnit(unit);
    return short === undefined ? undefined : `${number!}/${short}`;
  },
  endpoint: (text) => `http://${text}`,
  method: (text) => text.toUpperCase(),
  "path-prefix": (text) => `/${text}`,
  "path-template": (text) => `/${text}`,
  "host-pattern": (text) =>
    text
      .replace(/^[a-z]+:\/\//i, "")
      .replace(/\/.*$/, "")
      .replace(/:\d*$/, ""),
  setting: (text) => text.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => `\${env:${name}}`),
  port: (text) => text.replace(/^\$\{?([A-Za-z_]\w*)\}?$/, (_, name: string) => `\${env:${name}}`),
};

/** `seconds` → `s`. */
function timeUnit(unit: string | undefined): string | undefined {
  const [, short] =
    /^(ms|s|m|h|d)$/.exec(unit ?? "") ??
    (unit === undefined
      ? undefined
      : [
          ["milli", "ms"],
          ["sec", "s"],
          ["min", "m"],
          ["hour", "h"],
          ["hr", "h"],
          ["day", "d"],
        ].find(([name]) => unit.toLowerCase().startsWith(name!))) ??
    [];
  return short;
}
