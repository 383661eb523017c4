import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkGateway } from "../../compiler/index.ts";
import { exercise } from "../harness/exercise.ts";
import { parseHttpFile } from "../harness/http-file.ts";
import { repository } from "../harness/sample.ts";
import { startCompiled } from "../harness/subject.ts";

const page = readFileSync(join(repository, "examples/recipes/README.md"), "utf8");
const [beginning = "", ...sections] = page.split(/^## /m);
const start = blocksOf(beginning);

const recipes = sections.map((section) => {
  const title = section.slice(0, section.indexOf("\n"));
  return { title, slug: title.toLowerCase().replaceAll(/[^a-z]+/g, "-"), blocks: blocksOf(section) };
});

const folderOfCases = join(repository, "test/examples/recipes");

describe("the page of recipes", () => {
  it("has requests for every recipe", () => {
    expect(readdirSync(folderOfCases).sort()).toEqual(recipes.map(({ slug }) => `${slug}.http`).sort());
  });

  describe.each([{ title: "the beginning", slug: "", blocks: new Map<string, unknown>() }, ...recipes])(
    "$title",
    ({ slug, blocks }) => {
      const folder = mkdtempSync(join(tmpdir(), "gatewright-recipe-"));
      for (const [name, value] of start) writeFileSync(join(folder, name), JSON.stringify(merged(value, blocks.get(name))));
      afterAll(() => rmSync(folder, { recursive: true }));
      const entry = join(folder, "gateway.yaml");

      it("builds without a diagnostic", async () => {
        const { diagnostics } = await checkGateway(entry);
        expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
      });

      const path = join(folderOfCases, `${slug}.http`);
      if (!existsSync(path)) return;
      const http = [{ file: `${slug}.http`, cases: parseHttpFile(readFileSync(path, "utf8"), path) }];
      exercise({ folder, entry, http }, startCompiled, ([api = "", assets = ""]) => ({
        PORT: "0",
        API_URL: api,
        ASSETS_URL: assets,
        STAGE: "staging",
      }));
    },
  );
});

/** Files of a section by name. */
function blocksOf(section: string): ReadonlyMap<string, unknown> {
  return new Map([...section.matchAll(/^```yaml (\S+)\n(.*?)^```/gms)].map(([, name = "", text = ""]) => [name, parse(text)]));
}

/** As a reader adds the lines: objects key by key. */
function merged(base: unknown, added: unknown): unknown {
  if (added === undefined) return base;
  if (!isRecord(base) || !isRecord(added)) return added;
  const keys = new Set([...Object.keys(base), ...Object.keys(added)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(base[key], added[key])]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
