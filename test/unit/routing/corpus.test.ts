import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { analyseRoutes } from "../../../compiler/routing/algebra.ts";
import { decideRoute } from "../../../compiler/routing/brute-force.ts";
import { parsePathTemplate } from "../../../compiler/routing/path-template.ts";
import type { Route } from "../../../compiler/routing/route.ts";
import { compileMatcher, nowhere, request } from "./support.ts";

const folder = new URL("../../../../shared/corpus/openapi/", import.meta.url);
const manifest = new URL("manifest.tsv", folder);
const files = existsSync(manifest)
  ? readFileSync(manifest, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.split("\t")[0]!)
      .filter((file) => file !== "")
  : [];
const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

function routesOf(file: string): { routes: Route[]; refused: string[] } {
  const text = readFileSync(new URL(file, folder), "utf8");
  const document = (
    file.endsWith(".json") ? JSON.parse(text) : parse(text, { maxAliasCount: -1, uniqueKeys: false, logLevel: "silent" })
  ) as {
    paths?: Record<string, Record<string, unknown>>;
  };
  const routes: Route[] = [];
  const refused: string[] = [];
  for (const [template, item] of Object.entries(document.paths ?? {})) {
    const parsed = parsePathTemplate(template, { wildcards: false });
    if (parsed.error !== undefined) {
      refused.push(`${template}: ${parsed.error.reason}`);
      continue;
    }
    for (const method of Object.keys(item).filter((key) => methods.includes(key))) {
      const match = {
        method: method.toUpperCase(),
        path: { segments: parsed.segments, template },
        hosts: [],
        headers: [],
        query: [],
        origin: nowhere,
      };
      routes.push({ id: `${match.method} ${template}`, match, origin: nowhere });
    }
  }
  return { routes, refused };
}

/** Every n-th of many. */
const some = <T>(items: readonly T[], most: number): T[] =>
  items.filter((_, index) => index % Math.ceil(items.length / most) === 0);

describe.skipIf(files.length === 0)("published specs", () => {
  test.each(files)("%s", (file) => {
    const { routes, refused } = routesOf(file);
    for (const reason of refused) expect(reason).toMatch(/: (query|fragment|adjacent-parameters|duplicate-name|empty-segment)$/);
    const matcher = compileMatcher(routes);
    for (const { match } of some(routes, 60)) {
      const asked = request(`${match.method} ${match.path.template.replace(/\{[^}]*\}/g, "x1")}`);
      expect([asked.path, matcher.match(asked)]).toEqual([asked.path, decideRoute(routes, asked).winner?.id ?? null]);
    }
    for (const finding of some(analyseRoutes(routes), 20)) {
      if (finding.kind === "impossible") throw new Error("a spec's operations have no conditions");
      const pair =
        finding.kind === "crossing"
          ? [finding.winner, finding.loser]
          : finding.kind === "unreachable"
            ? [finding.route]
            : finding.routes;
      const { winner, losers } = decideRoute(routes, finding.witness);
      expect([winner, ...losers.map((loser) => loser.route)]).toEqual(expect.arrayContaining([...pair]));
    }
  });
});
