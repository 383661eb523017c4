import type { Checked } from "../../compiler/index.ts";
import type { JsonObject, JsonValue, SourceSet } from "../../compiler/source/source-set.ts";

/** Errors about paths that a gateway cannot route as they are: true of the document, and of one path each. */
export const isAboutPaths = (code: string): boolean =>
  code.startsWith("route/") || ["link/bad-path-template", "link/duplicate-operation-id", "link/path-not-routable"].includes(code);

/** An overlay that takes out what a gateway needs more than the spec for: security requirements, and paths in dispute. */
export function buildableOverlay(sources: SourceSet, disputed: ReadonlySet<string>): string {
  const [spec] = sources.specs.values();
  const { document } = spec!;
  const targets = [...disputed].sort().map((path) => `$.paths[${JSON.stringify(path)}]`);
  if (document.security !== undefined) targets.push("$.security");
  for (const [path, item] of Object.entries((document.paths ?? {}) as JsonObject)) {
    if (disputed.has(path) || !isObject(item)) continue;
    for (const [key, operation] of Object.entries(item)) {
      // An overlay changes one document; an operation of another file is opened in that file.
      if (isObject(operation) && operation.security !== undefined && sources.positions.fileOf(operation) === spec!.file)
        targets.push(`$.paths[${JSON.stringify(path)}].${key}.security`);
    }
  }
  // An overlay that changes nothing has to have an action all the same.
  const actions = targets.length === 0 ? [{ target: "$" }] : targets.map((target) => ({ target, remove: true }));
  return JSON.stringify({ overlay: "1.0.0", info: { title: "Without security", version: "1" }, actions });
}

/** Files that the spec refers to, with the requirements of their operations emptied. */
export function openedFiles(sources: SourceSet): Map<string, string> {
  const [spec] = sources.specs.values();
  const opened = new Map<string, string>();
  for (const item of Object.values((spec!.document.paths ?? {}) as JsonObject)) {
    for (const operation of isObject(item) ? Object.values(item) : []) {
      if (!isObject(operation) || operation.security === undefined) continue;
      const { file, start, end } = sources.positions.value(operation, "security");
      if (file === spec!.file) continue;
      const { text } = sources.files.get(file)!;
      opened.set(file, `${text.slice(0, start)} []${text.slice(start, end).endsWith("\n") ? "\n" : ""}${text.slice(end)}`);
    }
  }
  return opened;
}

/** The paths in whose text, or in the text of whose key, errors about paths point. */
export function disputedPaths({ sources, diagnostics }: Checked): Set<string> {
  const found = new Set<string>();
  const [spec] = sources!.specs.values();
  const paths = spec!.document.paths as JsonObject;
  for (const { code, primary } of diagnostics.filter(({ severity }) => severity === "error")) {
    if (!isAboutPaths(code)) continue;
    const { file, start } = primary.origin;
    for (const path of Object.keys(paths)) {
      const places = [sources!.positions.key(paths, path), sources!.positions.value(paths, path)];
      if (places.some((place) => place.file === file && place.start <= start && start < place.end)) found.add(path);
    }
  }
  return found;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
