import { own } from "../text/own.ts";
import { type FoundSpec, isTree, type Tree } from "./find-specs.ts";

/** What a first configuration needs to know of one spec. */
export interface SpecFacts {
  /** Names as policy files select operations by. */
  readonly operations: readonly string[];
  /** Operations that no security requirement of the spec covers. */
  readonly open: readonly string[];
  /** Security schemes that operations require. */
  readonly schemes: readonly SchemeFacts[];
  /** Scheme, host and port of the first server; undefined where the spec names none. */
  readonly server: string | undefined;
}

export interface SchemeFacts {
  readonly name: string;
  /** `apiKey`, `http bearer`, `oauth2`; `undeclared` where components.securitySchemes does not have it. */
  readonly type: string;
  readonly operations: number;
  /** Roles that requirements name (OpenAPI 3.1 §4.8.30). */
  readonly roles: readonly string[];
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;

/** Reads a spec the way a first configuration needs it; references to other files stay unread, the compiler follows them. */
export function specFacts({ document }: FoundSpec): SpecFacts {
  const operations: string[] = [];
  const open: string[] = [];
  const schemes = new Map<string, { operations: number; roles: Set<string> }>();
  for (const [path, item] of Object.entries(isTree(document.paths) ? document.paths : {})) {
    if (!isTree(item)) continue;
    for (const method of methods) {
      const operation = item[method];
      if (!isTree(operation)) continue;
      const name = typeof operation.operationId === "string" ? operation.operationId : `${method.toUpperCase()} ${path}`;
      operations.push(name);
      const required = alternatives(operation.security ?? document.security);
      if (required.length === 0 || required.some((alternative) => Object.keys(alternative).length === 0)) {
        open.push(name);
        continue;
      }
      for (const [scheme, roles] of new Map(required.flatMap((alternative) => Object.entries(alternative)))) {
        const known = schemes.get(scheme) ?? { operations: 0, roles: new Set() };
        schemes.set(scheme, known);
        known.operations += 1;
        if (Array.isArray(roles)) for (const role of roles) known.roles.add(String(role));
      }
    }
  }
  return {
    operations,
    open,
    schemes: [...schemes].map(([name, facts]) => ({
      name,
      type: schemeType(name, document),
      operations: facts.operations,
      roles: [...facts.roles],
    })),
    server: serverOrigin(document),
  };
}

const alternatives = (written: unknown): Tree[] => (Array.isArray(written) ? written.filter(isTree) : []);

function schemeType(name: string, document: Tree): string {
  const components = isTree(document.components) ? document.components : {};
  // Swagger 2.0 declares them at the root.
  const schemes = document.securityDefinitions ?? components.securitySchemes;
  const declared = isTree(schemes) ? own(schemes, name) : undefined;
  if (!isTree(declared)) return "undeclared";
  if (declared.type === "basic") return "http basic";
  return declared.type === "http" ? `http ${String(declared.scheme).toLowerCase()}` : String(declared.type);
}

/** The path of the server is not part of it: the compiler puts that in front of upstream paths itself. */
function serverOrigin({ servers, host, schemes }: Tree): string | undefined {
  if (typeof host === "string")
    return `${Array.isArray(schemes) && !schemes.includes("https") && schemes.includes("http") ? "http" : "https"}://${host}`;
  const [first] = Array.isArray(servers) ? servers : [];
  if (!isTree(first) || typeof first.url !== "string") return undefined;
  const variables = isTree(first.variables) ? first.variables : {};
  const url = first.url.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const variable = own(variables, name);
    return isTree(variable) ? String(variable.default) : "";
  });
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin } = new URL(url);
  return protocol === "http:" || protocol === "https:" ? origin : undefined;
}
