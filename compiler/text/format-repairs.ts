import { formats } from "./formats.ts";
import { repairedDuration, repairedRate, repairedSize } from "./unit-repairs.ts";

/** The text that was probably meant by one that is not of a format; undefined where that cannot be told. */
export function repaired(value: string | number, format: string): string | undefined {
  const plain = format.replace(/-setting$/, "");
  const candidate = repairs[plain]?.(String(value).trim());
  return candidate !== undefined && candidate !== value && formats[format]?.matches(candidate) === true ? candidate : undefined;
}

type Repair = (text: string) => string | undefined;

const hostOf = (text: string): string =>
  text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replace(/^[^/@]*@/, "")
    .replace(/[/?#].*$/, "")
    .replace(/:\d*$/, "")
    .replaceAll(/\.{2,}/g, ".")
    .replace(/\.$/, "")
    .replace(/[^*.][^*]*$/, inAscii);

/** Browsers ask for `xn--…` where people write other letters (RFC 5891). */
const inAscii = (host: string): string =>
  /[\u0080-\uffff]/.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;

const repairs: Readonly<Record<string, Repair>> = {
  duration: repairedDuration,
  size: repairedSize,
  rate: repairedRate,
  date: repairedDate,
  cidr: repairedCidr,
  peer: (text) => (/^unix(:|$)/i.test(text) ? "unix" : repairedCidr(text)),
  method: (text) => text.toUpperCase(),
  "header-name": (text) => text.replace(/ *:$/, "").replaceAll(/ +/g, "-"),
  "host-pattern": (text) => hostOf(text).replace(/^(\*\.?|\.)/, "*."),
  "host-name": (text) => hostOf(text).replace(/^\*?\./, ""),
  "dns-server": (text) => text.replace(/^[a-z]+:\/\//i, "").replace(/\/$/, ""),
  endpoint: repairedEndpoint,
  "path-prefix": (text) =>
    `/${pathOf(text)
      .replaceAll(/\/{2,}/g, "/")
      .replace(/^\/+/, "")
      .replace(/\/\*+$/, "")}`,
  "path-template": (text) => `/${pathOf(text).replace(/^\/+/, "")}`,
  setting: repairedSetting,
  port: (text) =>
    repairedSetting(text)
      .replace(/^.*:(?=\d+$)/, "")
      .replace(/\/(tcp|udp)$/i, ""),
  uri: (text) => (/^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(text) ? `https://${text}` : undefined),
};

/** Without scheme, host, query and fragment. */
const pathOf = (text: string): string => text.replace(/^[a-z]+:\/\/[^/]*/i, "").replace(/[?#].*$/, "");

/** Orders of year, month and day that cannot be mistaken; `12/01/2026` can. */
function repairedDate(text: string): string | undefined {
  const found =
    /^(?<year>\d{4})[-/. ]?(?<month>\d{1,2})[-/. ]?(?<day>\d{1,2})(?:[T ].*)?$/.exec(text) ??
    /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})$/.exec(text);
  const { year = "", month = "", day = "" } = found?.groups ?? {};
  return found === null ? undefined : `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

function repairedCidr(text: string): string {
  if (/^localhost$/i.test(text)) return "127.0.0.1";
  const bare = text
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/^\[([\da-f:.]+)\](:\d+)?/i, "$1")
    .replace(/%[^/]*/, "")
    .replace(/\/$/, "")
    .replace(/^((?:\d+\.){3}\d+):\d+$/, "$1");
  const [, address, mask] = /^([\d.]+)\/((?:\d+\.){3}\d+)$/.exec(bare) ?? [];
  if (mask !== undefined) {
    const bits = mask
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
    return /^1*0*$/.test(bits) ? `${address}/${bits.replaceAll("0", "").length}` : bare;
  }
  const [, numbers, rest, length] = /^(\d+(?:\.\d+)*)((?:\.\*)*)(?:\/0*(\d+))?$/.exec(bare) ?? [];
  if (numbers === undefined) return bare;
  const parts = numbers.split(".");
  if (parts.length >= 4) return length === undefined ? bare : `${numbers}/${length}`;
  if (rest === "" && length === undefined) return bare;
  return `${[...parts, "0", "0", "0"].slice(0, 4).join(".")}/${length ?? parts.length * 8}`;
}

function repairedEndpoint(text: string): string | undefined {
  const setting = repairedSetting(text);
  if (setting !== text) return setting;
  const [, scheme = "http", rest] = /^(?:([a-z]+):?\/+)?([^/].*)$/i.exec(text) ?? [];
  const plain = { http: "http", ws: "http", tcp: "http", h2c: "http", https: "https", wss: "https" }[scheme.toLowerCase()];
  const [, authority, path = ""] =
    /^(?:[^/@]*@)?([\w.-]+(?::\d+)?|\[[\da-f:.]+\](?::\d+)?)(\/[^?#\s]*)?(?:[?#].*)?$/i.exec(rest ?? "") ?? [];
  return plain === undefined || authority === undefined
    ? undefined
    : `${plain}://${authority.replaceAll(/\.{2,}/g, ".").replace(/^\./, "")}${path}`;
}

/** The ways in which shells, Compose, Helm and other gateways write environment variables. */
function repairedSetting(text: string): string {
  return text
    .replaceAll(/\$\{(?:env[.:])?([A-Za-z_][\w-]*)\}/gi, (_, name: string) => setting(name))
    .replaceAll(/\$\(([A-Za-z_]\w*)\)|\{\{ *(?:\.?env\.|\.)?([A-Za-z_]\w*) *\}\}/gi, (_, one?: string, other?: string) =>
      setting(one ?? other!),
    )
    .replace(/^[$%]([A-Za-z_]\w*)%?$/, (_, name: string) => setting(name));
}

const setting = (name: string): string => `\${env:${name.replaceAll("-", "_")}}`;
