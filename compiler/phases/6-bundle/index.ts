import { createHash } from "node:crypto";
import type { GatewayIr } from "../../ir/gateway.ts";
import { gatewayDigest } from "../../ir/gateway-digest.ts";
import { packageVersion } from "../../package-root.ts";
import type { Modules } from "../5-emit/modules.ts";
import { type BundledCode, type BundlerOptions, createBundler } from "./bundler.ts";
import { dockerfile, dockerignore } from "./container.ts";
import { thirdPartyLicences } from "./licences.ts";
import { type Manifest, manifestOperations, policiesWithoutOperation, seriesBounds } from "./manifest.ts";
import { manifestFile, writeOutput } from "./output-folder.ts";
import { type FeatureSize, sizeReport } from "./size-report.ts";

export interface BundleOptions extends BundlerOptions {
  /** Keep the emitted modules under `modules/`. */
  readonly emitModules?: boolean;
}

export interface BundleResult {
  readonly manifest: Manifest;
  /** Largest first. */
  readonly sizes: readonly FeatureSize[];
  readonly bundleBytes: number;
}

/**
 * Sixth phase: links the emitted modules with the run-time library into `gateway.mjs` and writes it, with what belongs
 * to it, into the folder `out`.
 *
 * @param documents further files by path: the public OpenAPI document of each version, what watches the gateway
 * @throws ForeignFolderError where `out` is neither empty nor made by a build
 * @throws UnwritableFolderError where the file system refuses
 */
export async function bundle(
  modules: Modules,
  ir: GatewayIr,
  documents: ReadonlyMap<string, string>,
  out: string,
  options: BundleOptions = {},
): Promise<BundleResult> {
  const bundler = await createBundler(options);
  try {
    const bundled = await bundler.bundle(modules);
    const { files, manifest } = outputFiles(modules, ir, documents, bundled, options.emitModules === true);
    await writeOutput(out, files);
    return { manifest, sizes: manifest.sizes, bundleBytes: manifest.bundle.bytes };
  } finally {
    await bundler.dispose();
  }
}

/** Everything that a build writes, by path. */
export function outputFiles(
  modules: Modules,
  ir: GatewayIr,
  documents: ReadonlyMap<string, string>,
  { code, map, metafile }: BundledCode,
  emitModules: boolean,
): { readonly files: ReadonlyMap<string, string>; readonly manifest: Manifest } {
  const files = new Map<string, string>([
    ["gateway.mjs", code],
    ["gateway.mjs.map", map],
    ["gateway.ir.json", `${JSON.stringify(ir)}\n`],
    ["Dockerfile", dockerfile(ir)],
    [".dockerignore", dockerignore],
    ["third-party-licences.txt", thirdPartyLicences(metafile)],
    ...documents,
  ]);
  if (emitModules) for (const { path, text } of modules.values()) files.set(`modules/${path}`, text);
  const bytes = Buffer.byteLength(code);
  const manifest: Manifest = {
    generator: "gatewright",
    version: packageVersion(),
    gateway: ir.name,
    compatibility: ir.compatibility,
    irVersion: ir.irVersion,
    digest: gatewayDigest(ir),
    bundle: {
      file: "gateway.mjs",
      bytes,
      sha256: createHash("sha256").update(code).digest("hex"),
    },
    sizes: sizeReport(metafile, bytes),
    series: seriesBounds(ir),
    inputs: ir.sources,
    operations: manifestOperations(ir),
    withoutOperation: policiesWithoutOperation(ir),
    files: [...files.keys(), manifestFile].sort(),
  };
  files.set(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return { files, manifest };
}

export { type BundledCode, type Bundler, createBundler } from "./bundler.ts";
export { DevelopmentFolder } from "./development-folder.ts";
export { createDevelopmentLinker, type DevelopmentLinker, developmentEntry } from "./development-linker.ts";
export { ForeignFolderError, UnwritableFolderError } from "./output-folder.ts";
