/** A parameter as a framework writes it, in a path that OpenAPI would take for something else. */
export interface FrameworkParameter {
  /** `{path:path}`, `*rest`, `:id`. */
  readonly text: string;
  readonly frameworks: string;
  /** It takes several segments. */
  readonly isMany: boolean;
  /** How OpenAPI writes a parameter. */
  readonly name: string;
}

interface Syntax {
  readonly pattern: RegExp;
  readonly frameworks: string;
  isMany?(match: RegExpExecArray): boolean;
}

const always = (): boolean => true;

/** By segment; the first group is the name. A colon inside of a segment (`/items:batchGet`) is an ordinary character. */
const syntaxes: readonly Syntax[] = [
  {
    pattern: /\{([^{}:=?*+]+):([^{}]*(?:\{[^{}]*\})?[^{}]*)\}/,
    frameworks: "FastAPI, Spring, JAX-RS and ASP.NET",
    isMany: ([, , type = ""]) => type === "path" || /^\.[*+]$/.test(type),
  },
  { pattern: /\{\*{1,2}([^{}]+)\}/, frameworks: "Spring and ASP.NET", isMany: always },
  { pattern: /\{([^{}]+)(?:\*|\.\.\.)\}/, frameworks: "Go's ServeMux, API Gateway and RFC 6570", isMany: always },
  { pattern: /\{\+([^{}]+)\}/, frameworks: "RFC 6570", isMany: always },
  { pattern: /\{([^{}]+)=([^{}]*)\}/, frameworks: "gRPC transcoding", isMany: ([, , value = ""]) => /[*/]/.test(value) },
  { pattern: /\{([^{}]+)\+\}/, frameworks: "API Gateway", isMany: always },
  { pattern: /\{([^{}]+)\?\}/, frameworks: "ASP.NET" },
  { pattern: /\{(\*)\}/, frameworks: "Fastify", isMany: always },
  { pattern: /^\*{1,2}([A-Za-z_]\w*)?$/, frameworks: "gin, NestJS, huma and Ant patterns of Spring", isMany: always },
  {
    pattern: /^:([A-Za-z_]\w*)(\*|\+|\([^)]*\))?$/,
    frameworks: "Express, Fastify, Hono and gin",
    isMany: ([, , more]) => more === "*" || more === "+",
  },
  { pattern: /^<(?:([a-z]+):)?([A-Za-z_]\w*)>$/, frameworks: "Flask and Django", isMany: ([, type]) => type === "path" },
];

/** The first parameter that is written as some framework does. */
export function frameworkParameter(path: string): FrameworkParameter | undefined {
  // A slash inside of braces ends no segment.
  for (const segment of path.match(/(?:\{(?:[^{}]|\{[^{}]*\})*\}|[^/])+/g) ?? []) {
    for (const { pattern, frameworks, isMany } of syntaxes) {
      const match = pattern.exec(segment);
      if (match === null) continue;
      const [text, ...groups] = match;
      const name = (frameworks.startsWith("Flask") ? groups[1] : groups[0]) ?? "";
      return { text, frameworks, isMany: isMany?.(match) ?? false, name: /^\w+$/.test(name) ? name : "path" };
    }
  }
  return undefined;
}
