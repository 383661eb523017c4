import { keptText } from "../exchange/kept-text.ts";
import type { HeaderList } from "../fields/header-list.ts";

/** Names in `Vary`, in lower case, sorted and each once. */
export function variedBy(headers: HeaderList): readonly string[] {
  const field = headers.get("vary");
  if (field === undefined) return [];
  const names = field.split(",").map((name) => keptText(name.trim().toLowerCase()));
  return [...new Set(names)].filter((name) => name !== "").sort();
}

/** What of a field makes a difference to the service. */
export interface Negotiation {
  /** The value as the service gets it; undefined: the service does not get the field. `name`: in lower case. */
  settled(name: string, value: string): string | undefined;
  /** The service is told of what makes a difference, and of nothing else: so its answer is that of all who differ in the rest. */
  settle(headers: HeaderList): void;
}

/** What of a request selects a variant: the values of these fields, in a form in which alike ones are equal (RFC 9111 §4.1). */
export function variantOf(request: HeaderList, names: readonly string[], negotiation: Negotiation | null): string {
  let key = "";
  for (const name of names) {
    const sent = request.get(name);
    const value = sent === undefined || negotiation === null ? sent : negotiation.settled(name, sent);
    key += `${name}:${normalised(name, value)}\n`;
  }
  return key;
}

function normalised(name: string, value: string | undefined): string {
  if (name === "accept-encoding") return acceptedCodings(value) ?? "-";
  if (value === undefined) return "-";
  const plain = trimmed(trimmed(value, ","), ";");
  // Names in them have no case (RFC 9110 §12.5.1, §12.5.4).
  return `=${name === "accept" || name === "accept-language" || name === "accept-charset" ? plain.toLowerCase() : plain}`;
}

/** Without the white space around the parts. */
const trimmed = (value: string, separator: string): string =>
  value
    .split(separator)
    .map((part) => part.trim())
    .join(separator);

/** Content codings that services are asked for. */
const codings = ["br", "gzip", "zstd"] as const;

/**
 * `Accept-Encoding` as the service gets it: of the many ways in which browsers say it, one for each set of codings. Undefined:
 * there was none, and there is none (RFC 9110 §12.5.3).
 */
export function acceptedCodings(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === lastValue) return lastChosen;
  const chosen = chosenOf(value);
  if (value.length <= longestRemembered) {
    lastValue = keptText(value);
    lastChosen = chosen;
  }
  return chosen;
}

/** Most clients send what the one before them did. */
let lastValue: string | undefined;
let lastChosen: string | undefined;
const longestRemembered = 64;

/** Far more than there are: what stands behind them counts neither here nor for the service. */
const mostCodings = 64;

function chosenOf(value: string): string {
  const accepted = new Set<string>();
  const refused = new Set<string>();
  for (const member of value.split(",", mostCodings)) {
    const semicolon = member.indexOf(";");
    const name = (semicolon < 0 ? member : member.slice(0, semicolon)).trim().toLowerCase();
    const isRefused = semicolon >= 0 && /^[ \t]*q=0(\.0*)?[ \t]*$/i.test(member.slice(semicolon + 1));
    (isRefused ? refused : accepted).add(name === "x-gzip" ? "gzip" : name);
  }
  const chosen = codings.filter((coding) => !refused.has(coding) && (accepted.has(coding) || accepted.has("*")));
  return chosen.length === 0 ? "identity" : chosen.join(", ");
}
