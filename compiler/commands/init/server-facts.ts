import { own } from "../../text/own.ts";
import { isTree, type Tree } from "./find-specs.ts";

/** The first server of a spec: the URL that clients know. Where the service itself listens, no spec says. */
export interface ServerFacts {
  /** Scheme, host and port; undefined where the spec names none, or the machine that it was written on. */
  readonly origin: string | undefined;
  /** `/api/v1`; "" for the root. */
  readonly path: string;
}

export function serverFacts(document: Tree): ServerFacts {
  const url = serverUrl(document);
  if (!URL.canParse(url, relativeBase)) return { origin: undefined, path: "" };
  const { protocol, origin, hostname, pathname } = new URL(url, relativeBase);
  const isNamed = /^https?:$/.test(protocol) && origin !== relativeBase && !isThisMachine(hostname);
  return { origin: isNamed ? origin : undefined, path: pathname.replaceAll(/\/{2,}/g, "/").replace(/\/$/, "") };
}

/** Relative server URLs are relative to where the document is served (OpenAPI 3.1 §4.8.5): only their path counts. */
const relativeBase = "http://relative.invalid";

/** With server variables at their defaults; "" where there is none. */
function serverUrl({ servers, host, basePath, schemes }: Tree): string {
  if (typeof host === "string" || typeof basePath === "string") {
    const path = typeof basePath === "string" ? `/${basePath.replace(/^\/+/, "")}` : "";
    if (typeof host !== "string") return path;
    const isPlain = Array.isArray(schemes) && !schemes.includes("https") && schemes.includes("http");
    return `${isPlain ? "http" : "https"}://${host}${path}`;
  }
  const [first] = Array.isArray(servers) ? servers : [];
  if (!isTree(first) || typeof first.url !== "string") return "";
  const variables = isTree(first.variables) ? first.variables : {};
  const url = first.url.trim().replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const variable = own(variables, name);
    return isTree(variable) ? String(variable.default ?? "") : "";
  });
  // `api.example.com/v1`: a host whose scheme was forgotten.
  return /^[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:\d+)?(\/|$)/i.test(url) ? `https://${url}` : url;
}

/** Frameworks write the address of the machine that generated the document. In a container that is the gateway itself. */
const isThisMachine = (hostname: string): boolean =>
  /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|host\.docker\.internal)$/i.test(hostname);
