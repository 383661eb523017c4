import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { parse } from "yaml";

/** An OpenAPI document as `init` sees it: unchecked, so everything may be missing. */
export interface FoundSpec {
  /** Relative to the folder that was searched, with forward slashes. */
  readonly file: string;
  /** `3.1.0`, or `2.0` for Swagger. */
  readonly openapi: string;
  readonly title: string;
  readonly version: string;
  readonly document: Tree;
}

export interface Tree {
  readonly [key: string]: unknown;
}

const deepest = 6;
/** Larger documents exist, but a file search should not parse every data file it meets. */
const largestBytes = 32 * 1024 * 1024;
const ignoredFolders = new Set(["node_modules", "dist", "build", "out", "vendor", "target"]);

/** A file that has the name of a spec and is none. */
export interface SkippedFile {
  readonly file: string;
  /** Why, behind `it`: `is a pointer of Git LFS`. */
  readonly reason: string;
}

export interface Search {
  readonly specs: readonly FoundSpec[];
  readonly skipped: readonly SkippedFile[];
}

/** All OpenAPI documents below a folder, and what has their usual name without being one; sorted by path. */
export function searchSpecs(folder: string): Search {
  const specs: FoundSpec[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of candidates(folder, 0)) {
    const file = relative(folder, path).split(sep).join("/");
    const text = textOf(path);
    const spec = readSpec(text, file);
    if (spec !== undefined) specs.push(spec);
    else if (isNamedLikeSpec(file)) skipped.push({ file, reason: whyNot(text, file) });
  }
  return { specs: specs.sort(byFile), skipped: skipped.sort(byFile) };
}

/** All OpenAPI documents below a folder, sorted by path. Files that do not parse are no documents here; `check` says why. */
export const findSpecs = (folder: string): readonly FoundSpec[] => searchSpecs(folder).specs;

const byFile = (a: { readonly file: string }, b: { readonly file: string }): number => (a.file < b.file ? -1 : 1);

/** `openapi.json`, `swagger.yaml`, `shop.openapi.yml`; not `openapitools.json`, which configures a generator. */
const isNamedLikeSpec = (file: string): boolean => /(^|[/._-])(openapi|swagger)([._-]?v?\d+(\.\d+)*)?\.(ya?ml|json)$/i.test(file);

function whyNot(text: string | undefined, file: string): string {
  if (text === undefined) return "cannot be read, or is larger than 32 MiB";
  if (text.startsWith("version https://git-lfs.github.com/spec/"))
    return "is a pointer of Git LFS: `git lfs pull` fetches the document";
  if (text.trim() === "") return "is empty";
  const document = parseOrNothing(text, file);
  if (document === undefined) return /\.json$/i.test(file) ? "is not valid JSON" : "is not valid YAML";
  return "has neither `openapi: 3.…` nor `swagger: '2.0'` at its top";
}

function* candidates(folder: string, depth: number): Generator<string> {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < deepest && !entry.name.startsWith(".") && !ignoredFolders.has(entry.name)) yield* candidates(path, depth + 1);
    } else if (entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name)) yield path;
  }
}

/** Others write while we search: what is gone or may not be read is not found. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return statSync(path).size > largestBytes ? undefined : readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readSpec(text: string | undefined, file: string): FoundSpec | undefined {
  if (text === undefined || !/(openapi|swagger)["']?\s*:\s*["']?[23]/.test(text)) return undefined;
  const document = parseOrNothing(text, file);
  if (!isTree(document)) return undefined;
  const openapi = String(document.openapi ?? document.swagger ?? "");
  if (!/^[23]\./.test(openapi)) return undefined;
  const info = isTree(document.info) ? document.info : {};
  return { file, openapi, title: String(info.title ?? ""), version: String(info.version ?? ""), document };
}

function parseOrNothing(text: string, path: string): unknown {
  try {
    return /\.json$/i.test(path) ? JSON.parse(text) : parse(text, { logLevel: "silent" });
  } catch {
    return undefined;
  }
}

export const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
