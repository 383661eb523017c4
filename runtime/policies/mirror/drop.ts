import type { UpstreamRequest } from "../../exchange/exchange.ts";

/** What copies are sent without. */
export interface Dropped {
  /** Names of fields, in lower case. */
  readonly fields: readonly string[];
  /** Begins of names of fields, in lower case. */
  readonly prefixes: readonly string[];
  /** Names of fields with such a begin that stay, in lower case. */
  readonly kept: readonly string[];
  /** Names of query parameters. */
  readonly parameters: readonly string[];
}

export function drop(request: UpstreamRequest, { fields, prefixes, kept, parameters }: Dropped): void {
  const { headers } = request;
  for (const name of fields) headers.delete(name);
  if (prefixes.length > 0) {
    const { lines } = headers;
    for (let index = 0; index < lines.length; index += 2) {
      const name = lines[index]!.toLowerCase();
      if (!kept.includes(name) && prefixes.some((prefix) => name.startsWith(prefix))) headers.delete(name);
    }
  }
  if (parameters.length > 0 && request.query !== "") request.query = without(request.query, parameters);
}

/** The query without these parameters; the others stay as they were written. */
const without = (query: string, names: readonly string[]): string =>
  query
    .split("&")
    .filter((pair) => !names.includes(nameOf(pair)))
    .join("&");

/** Also where it is escaped: services read `s%69g` as `sig`. */
function nameOf(pair: string): string {
  const equals = pair.indexOf("=");
  const name = (equals < 0 ? pair : pair.slice(0, equals)).replaceAll("+", " ");
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
