import { own } from "./own.ts";

/** A Server Object as far as it is written. */
export interface WrittenServer {
  readonly url: string;
  readonly variables: Readonly<Record<string, { readonly default?: unknown; readonly enum?: unknown } | undefined>>;
}

export interface ServerAddress {
  /** Host and port; undefined for an address that is relative to where the document is served (OpenAPI 3.1 §4.8.5). */
  readonly authority?: string;
  /** Path in front of the paths of the document, as a URL has it. */
  readonly path: string;
  readonly problem?: ServerProblem;
}

export type ServerProblem =
  | { readonly kind: "undeclared" | "default-not-listed"; readonly variable: string; readonly value: string }
  /** `api.example.com/v1`: by RFC 3986 §4.2 a path, and meant as a host. */
  | { readonly kind: "no-scheme" }
  /** OpenAPI 3.2 §4.6.1: neither is a part of the address; there is nothing that could take them over. */
  | { readonly kind: "query" }
  | { readonly kind: "unreadable" };

/** Where a server is, with its variables at their defaults. */
export function serverAddress({ url, variables }: WrittenServer): ServerAddress {
  let problem: ServerProblem | undefined;
  const filled = url.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = own(variables, name);
    const value = String(variable?.default ?? "");
    const listed = variable?.enum;
    if (variable === undefined) problem ??= { kind: "undeclared", variable: name, value };
    else if (Array.isArray(listed) && !listed.map(String).includes(value))
      problem ??= { kind: "default-not-listed", variable: name, value };
    return value;
  });
  const bare = hostWithoutScheme.exec(filled);
  if (bare !== null) {
    const [, authority = "", rest = ""] = bare;
    return { authority, path: pathOf(`http://${authority}${rest}`) ?? "/", problem: problem ?? { kind: "no-scheme" } };
  }
  const path = pathOf(filled);
  if (path === undefined) return { path: "/", problem: problem ?? { kind: "unreadable" } };
  if (/[?#]/.test(filled)) problem ??= { kind: "query" };
  const authority = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)/i.exec(filled)?.[1];
  return { ...(authority === undefined ? {} : { authority }), path, ...(problem === undefined ? {} : { problem }) };
}

/** A name with a letter behind its last dot, or anything with a port. */
const hostWithoutScheme = /^((?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?|[a-z0-9.-]+:\d+|localhost)(\/.*|)$/i;

const base = "http://relative/";
const pathOf = (url: string): string | undefined => (URL.canParse(url, base) ? new URL(url, base).pathname : undefined);
