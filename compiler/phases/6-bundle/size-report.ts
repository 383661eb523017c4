import type { Metafile } from "esbuild";
import { camelCase } from "../../text/words.ts";
import { emittedNamespace } from "./runtime-plugin.ts";

/** What one feature adds to the bundle. */
export interface FeatureSize {
  /** A policy (`rateLimit`), a part of the gateway (`router`, `transport`) or a package (`ioredis`). */
  readonly feature: string;
  readonly kind: "policy" | "gateway" | "runtime" | "package";
  /** After minification. */
  readonly bytes: number;
}

/** Largest first; together they are the bundle. `bundleBytes` is its length. */
export function sizeReport(metafile: Metafile, bundleBytes: number): FeatureSize[] {
  const found = new Map<string, FeatureSize>();
  let rest = bundleBytes;
  const add = (feature: string, kind: FeatureSize["kind"], bytes: number): void => {
    found.set(feature, { feature, kind, bytes: (found.get(feature)?.bytes ?? 0) + bytes });
  };
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput === 0) continue;
      const { feature, kind } = featureOf(path);
      add(feature, kind, bytesInOutput);
      rest -= bytesInOutput;
    }
  }
  add("module glue", "runtime", rest);
  return [...found.values()].sort((a, b) => b.bytes - a.bytes || (a.feature < b.feature ? -1 : 1));
}

/** Folders of the run-time library that make up a part users know by name. */
const runtimeParts: Readonly<Record<string, string>> = {
  routing: "router",
  http: "transport",
  http1: "transport",
  http2: "http2",
  grpc: "grpc",
  listener: "listener",
  upstream: "upstream",
  calls: "calls",
  exporters: "exporters",
  admin: "admin",
  process: "process",
  life: "life",
  stores: "stores",
  limits: "limits",
  files: "files",
  log: "log",
  metrics: "metrics",
};

function featureOf(path: string): Pick<FeatureSize, "feature" | "kind"> {
  if (path.startsWith(`${emittedNamespace}:`)) {
    const module = path.slice(emittedNamespace.length + 1);
    if (module === "router.js") return { feature: "router", kind: "gateway" };
    if (module.startsWith("schemas/")) return { feature: "schemas", kind: "gateway" };
    return { feature: "operations", kind: "gateway" };
  }
  const inPackage = path.lastIndexOf("node_modules/") + "node_modules/".length;
  if (path.includes("node_modules/") && !path.startsWith("gatewright/", inPackage)) {
    return { feature: /^(?:@[^/]+\/)?[^/]+/.exec(path.slice(inPackage))![0], kind: "package" };
  }
  const [, policy, part] = /(?:^|\/)runtime\/(?:policies\/([a-z0-9-]+)|([a-z0-9-]+)\/)/.exec(path) ?? [];
  if (policy !== undefined) return { feature: camelCase(policy), kind: "policy" };
  return { feature: runtimeParts[part ?? ""] ?? "runtime", kind: "runtime" };
}
