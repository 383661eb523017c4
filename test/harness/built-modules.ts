import { join, relative, resolve } from "node:path";
import { dirname } from "node:path/posix";

const folders = ["compiler", "runtime", "schema"];

/** The file that the build makes of a source file of the product. */
export function builtFile(repository: string, source: string): string | undefined {
  const path = relative(repository, source);
  if (!folders.some((folder) => path.startsWith(`${folder}/`)) || !path.endsWith(".ts")) return undefined;
  return join(repository, "dist", `${path.slice(0, -3)}.js`);
}

/**
 * Lets tests import the product as it was built, which Node loads by itself. Modules that Vitest transforms would be sent to
 * each of some hundred test files anew: a sixth of all the time that the tests take.
 */
export function builtModules(repository: string) {
  return {
    name: "built-modules",
    enforce: "pre" as const,
    resolveId(source: string, importer: string | undefined): string | undefined {
      if (importer === undefined) return undefined;
      // The interpreter names the modules of the run-time library by their whole path: a second copy of one would be another.
      if (source.startsWith("/")) return builtFile(repository, source);
      return source.startsWith(".") ? builtFile(repository, resolve(dirname(importer), source)) : undefined;
    },
  };
}

/** What is not to be transformed. */
export const builtPaths = /\/dist\/(?:compiler|runtime|schema)\//;
