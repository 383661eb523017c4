import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { packageRoot } from "../../package-root.ts";
import type { Modules } from "../5-emit/modules.ts";

/** Namespace of emitted modules in esbuild; its metafile names them `gateway:operations/orders-v1.js`. */
export const emittedNamespace = "gateway";

/** The run-time library that belongs to this compiler: sources beside sources, compiled files beside compiled ones. */
export const runtimeFolder = fileURLToPath(new URL("../../../runtime/", import.meta.url));
export const runtimeExtension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** Hands the emitted modules to esbuild without writing them. */
export function emittedModules(current: () => Modules): Plugin {
  return {
    name: "gateway",
    setup(build) {
      build.onResolve({ filter: /^gateway:/ }, ({ path }) => ({
        path: path.slice("gateway:".length),
        namespace: emittedNamespace,
      }));
      build.onResolve({ filter: /^\.\.?\//, namespace: emittedNamespace }, ({ path, importer }) => ({
        path: new URL(path, `file:///${importer}`).pathname.slice(1),
        namespace: emittedNamespace,
      }));
      // Libraries come with the modules of the run-time library that need them, and are none of theirs.
      build.onResolve({ filter: /^[^.]/, namespace: emittedNamespace }, ({ path }) =>
        /^gatewright\/runtime\/|^gateway:/.test(path)
          ? undefined
          : { errors: [{ text: `emitted modules do not import ${path}` }] },
      );
      build.onLoad({ filter: /.*/, namespace: emittedNamespace }, ({ path }) => {
        const module = current().get(path);
        if (module === undefined) return { errors: [{ text: `no emitted module ${path}` }] };
        const map = Buffer.from(module.map).toString("base64");
        return {
          contents: `${module.text}//# sourceMappingURL=data:application/json;base64,${map}\n`,
          loader: "js",
          resolveDir: runtimeFolder,
        };
      });
    },
  };
}

/**
 * Folder that paths in esbuild's metafile and source map are relative to: above the `node_modules` that this package is
 * installed in, so that they name every package in the same way.
 */
export function installRoot(): string {
  const root = packageRoot();
  const parts = root.split(sep);
  const installed = parts.lastIndexOf("node_modules");
  return installed < 0 ? root : parts.slice(0, installed).join(sep);
}

/** Folder of the nearest package.json above a file. */
export function packageFolder(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
