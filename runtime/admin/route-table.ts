import type { AdminRoute } from "./route.ts";

/** Routes of one path template, and what a request has in place of its parameters, still encoded. */
export interface PathMatch {
  readonly routes: readonly AdminRoute[];
  readonly values: ReadonlyMap<string, string>;
}

/** Finds routes by paths, segment by segment; a literal segment wins over a parameter, from the left. */
export class RouteTable {
  readonly paths: readonly { readonly template: string; readonly routes: readonly AdminRoute[] }[];

  constructor(routes: readonly AdminRoute[]) {
    const paths = new Map<string, AdminRoute[]>();
    for (const route of routes) {
      const known = paths.get(route.path);
      if (known === undefined) paths.set(route.path, [route]);
      else known.push(route);
    }
    this.paths = [...paths]
      .map(([template, ofPath]) => ({ template, routes: ofPath }))
      // `{` is behind every character that a literal segment begins with.
      .sort((a, b) => (a.template < b.template ? -1 : 1));
  }

  find(path: string): PathMatch | undefined {
    const segments = path.split("/");
    for (const { template, routes } of this.paths) {
      const values = valuesOf(template.split("/"), segments);
      if (values !== undefined) return { routes, values };
    }
    return undefined;
  }
}

function valuesOf(template: readonly string[], segments: readonly string[]): Map<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const values = new Map<string, string>();
  for (const [index, part] of template.entries()) {
    const segment = segments[index]!;
    if (!part.startsWith("{")) {
      if (part !== segment) return undefined;
    } else if (segment === "") return undefined;
    else values.set(part.slice(1, -1), segment);
  }
  return values;
}
