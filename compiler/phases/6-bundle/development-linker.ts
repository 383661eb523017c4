import { posix } from "node:path";
import { runtimePrefix } from "../../text/runtime-prefix.ts";
import type { EmittedModule, Modules } from "../5-emit/modules.ts";
import { type BundledCode, createBundler } from "./bundler.ts";
import { type ModuleImport, mapImports } from "./module-imports.ts";

/** The file of a linked gateway that Node starts. */
export const developmentEntry = "main.mjs";

/**
 * Links a gateway again after each change. A bundle is put together anew each time; here each emitted module is a file
 * that runs as it is, and what all of them share is bundled only when it changes: the run-time library, and the
 * validators, which are most of the code of a large spec.
 */
export interface DevelopmentLinker {
  /**
   * @param root folder of `gateway.yaml`, relative to the one that the files are written to
   * @returns texts of the files by path
   */
  link(modules: Modules, root: string): Promise<ReadonlyMap<string, string>>;
  dispose(): Promise<void>;
}

export async function createDevelopmentLinker(): Promise<DevelopmentLinker> {
  const parts = [await createPart("runtime.mjs", runtimePrefix), await createPart("schemas.mjs", "schemas/")];
  return {
    async link(modules, root) {
      const files = new Map<string, string>();
      const add = (path: string, code: string, map: string): void => {
        const sourceRoot = posix.join(posix.relative(posix.dirname(path), "."), root);
        files.set(path, code);
        files.set(`${path}.map`, JSON.stringify({ ...(JSON.parse(map) as object), sourceRoot }));
      };
      const entries = new Map(parts.map((part) => [part, new Map<string, string>()]));
      for (const module of modules.values()) {
        if (parts.some(({ prefix }) => module.path.startsWith(prefix))) continue;
        const text = mapImports(module.text, (one) => linkedImport(one, module.path, entries));
        const file = fileOf(module.path);
        add(file, `${text}//# sourceMappingURL=${posix.basename(file)}.map\n`, module.map);
      }
      for (const [part, exported] of entries) {
        if (exported.size === 0) continue;
        const own = [...modules.values()].filter(({ path }) => path.startsWith(part.prefix));
        const { code, map } = await part.bundle(own, [...exported.values()].sort().join(""));
        add(part.file, code, map);
      }
      return files;
    },
    async dispose() {
      await Promise.all(parts.map((part) => part.dispose()));
    },
  };
}

/** Modules of one prefix that are one file. */
interface Part {
  readonly file: string;
  readonly prefix: string;
  /** @param entry what the file exports */
  bundle(modules: readonly EmittedModule[], entry: string): Promise<BundledCode>;
  dispose(): Promise<void>;
}

async function createPart(file: string, prefix: string): Promise<Part> {
  const bundler = await createBundler({ minify: false, file });
  let last: { readonly modules: readonly EmittedModule[]; readonly entry: string; readonly bundled: BundledCode } | undefined;
  return {
    file,
    prefix,
    async bundle(modules, entry) {
      if (last?.entry !== entry || !areSame(last.modules, modules)) {
        const main = { path: "main.js", text: entry, map: withoutMappings };
        const bundled = await bundler.bundle(new Map([main, ...modules].map((module) => [module.path, module])));
        last = { modules, entry, bundled };
      }
      return last.bundled;
    },
    dispose: () => bundler.dispose(),
  };
}

const withoutMappings = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });

const areSame = (before: readonly EmittedModule[], after: readonly EmittedModule[]): boolean =>
  before.length === after.length &&
  before.every((module, index) => module.path === after[index]!.path && module.text === after[index]!.text);

/** The import as it is in the file; what it takes from a part is added to what the part exports. */
function linkedImport(
  { from, names }: ModuleImport,
  importer: string,
  entries: ReadonlyMap<Part, Map<string, string>>,
): ModuleImport {
  const target = from.startsWith(runtimePrefix) ? from : posix.join(posix.dirname(importer), from);
  const [part, exported] = [...entries].find(([{ prefix }]) => target.startsWith(prefix)) ?? [];
  if (part === undefined || exported === undefined) return { from: fileOf(from), names };
  const source = from.startsWith(runtimePrefix) ? from : `./${target}`;
  const linked = names.map(([imported, local]) => {
    const name = `${target.slice(part.prefix.length).replace(/\.js$/, "").replaceAll("/", "$").replaceAll("-", "_")}$${imported}`;
    exported.set(name, `export { ${imported} as ${name} } from "${source}";\n`);
    return [name, local] as const;
  });
  return { from: `${"../".repeat(importer.split("/").length - 1) || "./"}${part.file}`, names: linked };
}

const fileOf = (module: string): string => module.replace(/\.js$/, ".mjs");
