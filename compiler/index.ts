import { CompilerCache } from "./cache.ts";
import { allowWarnings } from "./diagnostics/allow.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { DiagnosticSink } from "./diagnostics/sink.ts";
import type { GatewayIr } from "./ir/gateway.ts";
import { observabilityFiles } from "./observability/index.ts";
import { type Disk, load } from "./phases/1-load/index.ts";
import { link } from "./phases/2-link/index.ts";
import { check } from "./phases/3-check/index.ts";
import { plan } from "./phases/4-plan/index.ts";
import { emit, type Modules } from "./phases/5-emit/index.ts";
import { type BundleOptions, type BundleResult, bundle } from "./phases/6-bundle/index.ts";
import { publicDocuments } from "./public-document/index.ts";
import { refuseHarm } from "./refuse-harm.ts";
import type { SourceSet } from "./source/source-set.ts";

export type { Diagnostic, GatewayIr };
export { CompilerCache };

/** What the first three phases found. */
export interface Checked {
  /** Undefined where an error stopped the compiler. */
  readonly ir: GatewayIr | undefined;
  readonly sources: SourceSet;
  readonly diagnostics: readonly Diagnostic[];
}

/** Hears of each phase before it starts. */
export type Progress = (phase: string) => void;

/**
 * Phases 1 to 3: reads `gateway.yaml` and everything it names, and checks it as one program.
 *
 * @param entry path of `gateway.yaml`
 * @param options.cache of earlier builds
 */
export async function checkGateway(
  entry: string,
  options: { readonly disk?: Disk; readonly progress?: Progress; readonly cache?: CompilerCache } = {},
): Promise<Checked> {
  const sink = new DiagnosticSink();
  options.progress?.("reading");
  const sources = await load(entry, sink, options.disk, options.cache?.specs);
  if (sink.hasErrors) return { ir: undefined, sources, diagnostics: sink.sorted() };
  options.progress?.("linking");
  const linked = link(sources, sink);
  if (sink.hasErrors) return { ir: undefined, sources, diagnostics: allowWarnings(sink.sorted(), sources) };
  options.progress?.("checking");
  const ir = check(linked, sink, options.cache?.contracts);
  // What is wrong about `allowWarnings` itself is an error like any other.
  const diagnostics = allowWarnings(sink.sorted(), sources);
  const isRefused = diagnostics.some(({ severity }) => severity === "error");
  return { ir: isRefused ? undefined : ir, sources, diagnostics };
}

/** What the first five phases made; undefined where there are errors. */
export interface Compiled extends Checked {
  readonly modules: Modules | undefined;
}

/** Phases 1 to 5: the modules of the gateway. */
export async function compileGateway(
  entry: string,
  options: { readonly disk?: Disk; readonly progress?: Progress; readonly cache?: CompilerCache } = {},
): Promise<Compiled> {
  const checked = await checkGateway(entry, options);
  if (checked.ir === undefined) return { ...checked, modules: undefined };
  options.progress?.("planning");
  const planned = plan(checked.ir);
  options.progress?.("emitting");
  return { ...checked, modules: emit(planned, checked.ir, options.cache?.schemas) };
}

/**
 * All six phases: writes the bundle and what belongs to it into `out`, or nothing where there are errors.
 *
 * @param options.allowFaults policies may harm requests on purpose
 */
export async function buildGateway(
  entry: string,
  out: string,
  options: BundleOptions & { readonly disk?: Disk; readonly progress?: Progress; readonly allowFaults?: boolean } = {},
): Promise<Checked & { readonly result: BundleResult | undefined }> {
  const { modules, ...checked } = await compileGateway(entry, options);
  if (checked.ir === undefined || modules === undefined) return { ...checked, result: undefined };
  const harm = options.allowFaults === true ? [] : refuseHarm(checked.ir);
  if (harm.length > 0) return { ...checked, ir: undefined, diagnostics: [...checked.diagnostics, ...harm], result: undefined };
  options.progress?.("bundling");
  const documents = new Map([...publicDocuments(checked.ir, checked.sources), ...observabilityFiles(checked.ir)]);
  const result = await bundle(modules, checked.ir, documents, out, options);
  return { ...checked, result };
}
