import { builtinModules } from "node:module";
import { type BuildContext, type BuildOptions, type BuildResult, context, type Metafile } from "esbuild";
import { runtimePrefix } from "../../text/runtime-prefix.ts";
import type { Modules } from "../5-emit/modules.ts";
import { emittedModules, installRoot, runtimeExtension, runtimeFolder } from "./runtime-plugin.ts";
import { cleanMap } from "./source-map.ts";
import { slimUndici } from "./undici-plugin.ts";

/** The bundle before anything is written. */
export interface BundledCode {
  readonly code: string;
  /** Source map as JSON. */
  readonly map: string;
  readonly metafile: Metafile;
}

/** Bundles again and again; esbuild keeps what did not change. */
export interface Bundler {
  bundle(modules: Modules): Promise<BundledCode>;
  dispose(): Promise<void>;
}

export interface BundlerOptions {
  /** Short names and no white space; on where absent. */
  readonly minify?: boolean;
  /** What the file is called; `gateway.mjs` where absent. */
  readonly file?: string;
}

/** CommonJS packages call `require` for Node's own modules; an ES module has none. */
const requireLine =
  'import { createRequire as gatewrightCreateRequire } from "node:module"; const require = gatewrightCreateRequire(import.meta.url);';

export async function createBundler(options: BundlerOptions = {}): Promise<Bundler> {
  let modules: Modules = new Map();
  const root = installRoot();
  const { file = "gateway.mjs" } = options;
  const esbuild: BuildContext<BuildOptions & { metafile: true; write: false }> = await context({
    entryPoints: ["gateway:main.js"],
    outfile: `${root}/${file}`,
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node20",
    mainFields: ["module", "main"],
    conditions: ["node", "import"],
    // The run-time library is found by esbuild itself: to be asked for each import of a large gateway takes seconds.
    alias: { [runtimePrefix.slice(0, -1)]: runtimeFolder },
    // Packages leave the extension out.
    resolveExtensions: [...new Set([runtimeExtension, ".js"])],
    external: [...builtinModules],
    minify: options.minify ?? true,
    treeShaking: true,
    legalComments: "eof",
    charset: "utf8",
    sourcemap: "external",
    sourcesContent: false,
    tsconfigRaw: "{}",
    logLevel: "silent",
    plugins: [emittedModules(() => modules), slimUndici],
  });
  return {
    async bundle(next) {
      modules = next;
      return read(await esbuild.rebuild(), file);
    },
    dispose: () => esbuild.dispose(),
  };
}

function read(result: BuildResult<{ metafile: true; write: false }>, file: string): BundledCode {
  const text = (extension: string): string => result.outputFiles.find(({ path }) => path.endsWith(extension))!.text;
  const [output] = Object.entries(result.metafile.outputs).filter(([path]) => path.endsWith(".mjs"));
  const needsRequire = output![1].imports.some(({ kind }) => kind === "require-call");
  const code = `${needsRequire ? `${requireLine}\n` : ""}${text(".mjs")}//# sourceMappingURL=${file}.map\n`;
  return { code, map: cleanMap(text(".mjs.map"), file, needsRequire ? 1 : 0), metafile: result.metafile };
}
