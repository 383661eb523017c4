import { emittedNamespace } from "./runtime-plugin.ts";

interface SourceMap {
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/**
 * The map that belongs to a file of a bundle: no path of the machine that built it, and `linesAbove` more lines at the top. The
 * user's files keep their names, which are relative to the folder of `gateway.yaml`.
 */
export function cleanMap(text: string, file: string, linesAbove: number): string {
  const { sources, names, mappings } = JSON.parse(text) as SourceMap;
  return JSON.stringify({
    version: 3,
    file,
    sources: sources.map(publicName),
    names,
    mappings: ";".repeat(linesAbove) + mappings,
  });
}

/**
 * The same wherever the compiler and its dependencies are installed; emitted modules where `--emit-modules` puts them.
 * Only code is renamed: specs may lie anywhere.
 */
function publicName(source: string): string {
  if (source.startsWith(`${emittedNamespace}:`)) return `modules/${source.slice(emittedNamespace.length + 1)}`;
  if (!/\.[cm]?[jt]s$/.test(source)) return source;
  const inPackage = source.lastIndexOf("node_modules/");
  if (inPackage >= 0 && !/node_modules\/gatewright\//.test(source.slice(inPackage))) return source.slice(inPackage);
  const inRuntime = source.indexOf("runtime/");
  return inRuntime >= 0 ? `gatewright/${source.slice(inRuntime)}` : source;
}
