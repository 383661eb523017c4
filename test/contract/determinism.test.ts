import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { buildGateway } from "../../compiler/index.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const shop = join(repository, "examples/shop");
const isInput = (path: string): boolean => /\.(ya?ml|json)$/.test(path) && !path.includes(".gatewright");

async function output(project: string): Promise<ReadonlyMap<string, string>> {
  const out = temporaryFolder();
  const { result } = await buildGateway(join(project, "gateway.yaml"), out);
  expect(result).toBeDefined();
  return new Map(filesOf(out).map((path) => [relative(out, path), readFileSync(path, "utf8")]));
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

it("two builds in different folders have the same bytes, and no path of either", async () => {
  const folder = join(temporaryFolder(), "a/folder with another/länger name");
  mkdirSync(folder, { recursive: true });
  cpSync(shop, folder, { recursive: true, filter: (path) => !path.includes(".gatewright") });
  const [here, there] = [await output(shop), await output(folder)];
  expect([...there.keys()]).toEqual([...here.keys()]);
  for (const [name, text] of here) {
    expect(there.get(name) === text, `${name} has the same bytes`).toBe(true);
    expect(text).not.toContain(repository);
  }
});

it("the order of keys decides nothing", async () => {
  const [straight, reversed] = [await output(oneLiners((keys) => keys)), await output(oneLiners((keys) => keys.toReversed()))];
  expect(withoutDigest(reversed)).toBe(withoutDigest(straight));
  // Positive control: what matters does change the bytes.
  const changed = await output(
    oneLiners(
      (keys) => keys,
      (text) => text.replace('"600/m"', '"601/m"'),
    ),
  );
  expect(changed.get("gateway.mjs")).not.toBe(straight.get("gateway.mjs"));
});

/** The bundle without the digest of its inputs, which the order of keys does change. */
const withoutDigest = (files: ReadonlyMap<string, string>): string => {
  const { digest } = JSON.parse(files.get("manifest.json")!) as { readonly digest: string };
  const bundle = files.get("gateway.mjs")!;
  expect(bundle).toContain(digest);
  return bundle.replace(digest, "");
};

/** The shop with every file on one line, so that line numbers, which the bundle names, stay the same in any order. */
function oneLiners(
  order: (keys: readonly string[]) => readonly string[],
  edit: (text: string) => string = (text) => text,
): string {
  const folder = temporaryFolder();
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== "object" || value === null) return value;
    const map = value as Readonly<Record<string, unknown>>;
    // Keywords of one schema are checked in the order in which they are written.
    return Object.fromEntries(
      order(Object.keys(map)).map((key) => [key, /^schemas?$/.test(key) ? map[key] : shuffled(map[key])]),
    );
  };
  for (const path of filesOf(shop).filter(isInput)) {
    const document: unknown = parse(readFileSync(path, "utf8"));
    const isSchema = path.includes("/schemas/");
    const target = join(folder, relative(shop, path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, edit(JSON.stringify(isSchema ? document : shuffled(document))));
  }
  return folder;
}
