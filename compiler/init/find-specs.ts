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

/** All OpenAPI documents below a folder, sorted by path. Files that do not parse are no documents here; `check` says why. */
export function findSpecs(folder: string): FoundSpec[] {
  return [...candidates(folder, 0)]
    .flatMap((path) => readSpec(path, relative(folder, path).split(sep).join("/")))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
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

function textOf(path: string): string {
  try {
    return statSync(path).size > largestBytes ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readSpec(path: string, file: string): FoundSpec[] {
  const text = textOf(path);
  if (!/(openapi|swagger)["']?\s*:\s*["']?[23]/.test(text)) return [];
  const document = parseOrNothing(text, path);
  if (!isTree(document)) return [];
  const openapi = String(document.openapi ?? document.swagger ?? "");
  if (!/^[23]\./.test(openapi)) return [];
  const info = isTree(document.info) ? document.info : {};
  return [{ file, openapi, title: String(info.title ?? ""), version: String(info.version ?? ""), document }];
}

function parseOrNothing(text: string, path: string): unknown {
  try {
    return /\.json$/i.test(path) ? JSON.parse(text) : parse(text, { logLevel: "silent" });
  } catch {
    return undefined;
  }
}

export const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
