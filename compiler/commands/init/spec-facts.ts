import { own } from "../../text/own.ts";
import { type FoundSpec, isTree, type Tree } from "./find-specs.ts";
import { type ServerFacts, serverFacts } from "./server-facts.ts";

/** What a first configuration needs to know of one spec. */
export interface SpecFacts {
  /** Methods and paths, with the path of the server and without the names of parameters: `GET /api/v1/orders/{}`. */
  readonly routes: readonly string[];
  /** Operations that no security requirement of the spec covers, by the names that policy files select them by. */
  readonly open: readonly string[];
  /** The spec requires security of no operation at all. */
  readonly isOpen: boolean;
  /** Security schemes that operations require. */
  readonly schemes: readonly SchemeFacts[];
  /** Names under components.securitySchemes, required or not. */
  readonly declared: readonly string[];
  readonly server: ServerFacts;
}

export interface SchemeFacts {
  readonly name: string;
  /** `apiKey`, `http bearer`, `oauth2`; `undeclared` where components.securitySchemes does not have it. */
  readonly type: string;
  /** What `init` proposes for it; undefined where nothing implements it. */
  readonly provider: "apiKey" | "passThrough" | undefined;
  /** What verifies it in the gateway itself, once it knows more than the spec says. */
  readonly verifier: "jwt" | "basic" | "mtls" | undefined;
  /** Whose tokens they are, where the spec says it. */
  readonly issuer?: string;
  readonly operations: number;
  /** Roles that requirements name (OpenAPI 3.1 §4.8.30). */
  readonly roles: readonly string[];
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;

/** Reads a spec the way a first configuration needs it; references to other files stay unread, the compiler follows them. */
export function specFacts({ document }: FoundSpec): SpecFacts {
  const server = serverFacts(document);
  const routes: string[] = [];
  const open: string[] = [];
  const schemes = new Map<string, { operations: number; roles: Set<string> }>();
  for (const [path, item] of Object.entries(isTree(document.paths) ? document.paths : {})) {
    if (!isTree(item)) continue;
    for (const method of methods) {
      const operation = item[method];
      if (!isTree(operation)) continue;
      routes.push(`${method.toUpperCase()} ${server.path}${path.replaceAll(/\{[^{}]*\}/g, "{}")}`);
      const required = alternatives(operation.security ?? document.security);
      if (required.length === 0 || required.some((alternative) => Object.keys(alternative).length === 0)) {
        open.push(typeof operation.operationId === "string" ? operation.operationId : `${method.toUpperCase()} ${path}`);
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
  const declared = declaredSchemes(document);
  return {
    routes,
    open,
    isOpen: routes.length > 0 && open.length === routes.length,
    schemes: [...schemes].map(([name, facts]) => ({
      name,
      type: schemeType(own(declared, name)),
      provider: providerFor(own(declared, name)),
      verifier: verifierFor(own(declared, name)),
      ...issuerOf(own(declared, name)),
      operations: facts.operations,
      roles: [...facts.roles],
    })),
    declared: Object.keys(declared),
    server,
  };
}

const alternatives = (written: unknown): Tree[] => (Array.isArray(written) ? written.filter(isTree) : []);

function declaredSchemes(document: Tree): Tree {
  const components = isTree(document.components) ? document.components : {};
  // Swagger 2.0 declares them at the root.
  const schemes = document.securityDefinitions ?? components.securitySchemes;
  return isTree(schemes) ? schemes : {};
}

function schemeType(declared: unknown): string {
  if (!isTree(declared)) return "undeclared";
  if (declared.type === "basic") return "http basic";
  return declared.type === "http" ? `http ${String(declared.scheme).toLowerCase()}` : String(declared.type);
}

/** The metadata of an issuer is below it (OpenID Connect Discovery 1.0 §4). */
function issuerOf(declared: unknown): Pick<SchemeFacts, "issuer"> {
  if (schemeType(declared) !== "openIdConnect") return {};
  const { openIdConnectUrl: url } = declared as Tree;
  const found = typeof url === "string" ? /^(https:\/\/.+)\/\.well-known\/openid-configuration$/.exec(url) : null;
  return found === null ? {} : { issuer: found[1]! };
}

const verifiers: Readonly<Record<string, NonNullable<SchemeFacts["verifier"]>>> = {
  "http bearer": "jwt",
  oauth2: "jwt",
  openIdConnect: "jwt",
  "http basic": "basic",
  mutualTLS: "mtls",
};

const verifierFor = (declared: unknown): SchemeFacts["verifier"] => own(verifiers, schemeType(declared));

/** Tokens and passwords are the service's to verify; so is a "key" in Authorization, which is a token in disguise. */
function providerFor(declared: unknown): SchemeFacts["provider"] {
  const type = schemeType(declared);
  if (type !== "apiKey") return /^(http bearer|http basic|oauth2|openIdConnect)$/.test(type) ? "passThrough" : undefined;
  const { in: place, name } = declared as Tree;
  return place === "header" && String(name).toLowerCase() === "authorization" ? "passThrough" : "apiKey";
}
