import type { EmittedModule, Modules } from "../5-emit/modules.ts";
import { type Bundler, type CodeFile, createBundler } from "./bundler.ts";
import { chunkPrefix } from "./runtime-plugin.ts";

const file = "schemas.mjs";

interface Validators {
  readonly modules: readonly EmittedModule[];
  /** What stands for each of them in the bundle: it takes their exports from the other file. */
  readonly proxies: Modules;
  readonly chunk: CodeFile;
}

/**
 * Bundles for a gateway that is built again after each change. Validators are most of the code of a large spec and change
 * only with it, so they are a file of their own, which stays as it is where they do.
 */
export async function createDevelopmentBundler(): Promise<Bundler> {
  const [main, apart] = await Promise.all([createBundler({ minify: false }), createBundler({ minify: false, file })]);
  let kept: Validators | undefined;
  return {
    async bundle(modules) {
      const validators = [...modules.values()].filter(({ path }) => path.startsWith("schemas/"));
      if (validators.length === 0) return main.bundle(modules);
      if (kept === undefined || !areSame(kept.modules, validators)) kept = await bundleValidators(validators, apart);
      const { proxies, chunk } = kept;
      const bundled = await main.bundle(new Map([...modules].map(([path, module]) => [path, proxies.get(path) ?? module])));
      return { ...bundled, chunk };
    },
    async dispose() {
      await Promise.all([main.dispose(), apart.dispose()]);
    },
  };
}

async function bundleValidators(modules: readonly EmittedModule[], bundler: Bundler): Promise<Validators> {
  const proxies = new Map<string, EmittedModule>();
  const exported: string[] = [];
  for (const [index, { path, text }] of modules.entries()) {
    // Modules may export the same names.
    const names = [...text.matchAll(/^export (?:function|const) ([\w$]+)/gm)].map((match) => match[1]!);
    exported.push(`export { ${names.map((name) => `${name} as ${name}_${index}`).join(", ")} } from "./${path}";\n`);
    const again = names.map((name) => `${name}_${index} as ${name}`).join(", ");
    proxies.set(path, withoutMap(path, `export { ${again} } from "${chunkPrefix}${file}";\n`));
  }
  const entry = withoutMap("main.js", exported.join(""));
  const { code, map } = await bundler.bundle(new Map([...modules, entry].map((module) => [module.path, module])));
  return { modules, proxies, chunk: { file, code, map } };
}

const withoutMap = (path: string, text: string): EmittedModule => ({
  path,
  text,
  map: JSON.stringify({ version: 3, sources: [], names: [], mappings: "" }),
});

const areSame = (before: readonly EmittedModule[], after: readonly EmittedModule[]): boolean =>
  before.length === after.length &&
  before.every((module, index) => module.path === after[index]!.path && module.text === after[index]!.text);
