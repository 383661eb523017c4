import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Real OpenAPI documents, where the shared material is at hand. */
export const corpus = process.env.GATEWRIGHT_CORPUS ?? fileURLToPath(new URL("../../../shared/corpus/openapi", import.meta.url));

export interface CorpusSpec {
  readonly file: string;
  readonly version: string;
  readonly operations: number;
}

const manifest = `${corpus}/manifest.tsv`;

/** In the order of the manifest; empty where it is not there. */
export const specs: readonly CorpusSpec[] = existsSync(manifest)
  ? readFileSync(manifest, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split("\t"))
      .map((row) => ({ file: row[0]!, version: row[4]!, operations: Number(row[6]) }))
  : [];

/** A gateway of one spec, of which nothing is on disk but the spec itself. */
export function gatewayFiles(
  file: string,
  overlay?: string,
  others: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const settings = {
    spec: file,
    ...(overlay === undefined ? {} : { overlays: ["corpus-overlay.yaml"], policies: "corpus-policies.yaml" }),
  };
  const gateway = {
    gateway: "corpus",
    compatibility: "2026-12-01",
    listeners: { public: { port: 8080 } },
    apis: { api: { service: "origin", versions: { v1: settings } } },
    services: { origin: { endpoints: ["http://127.0.0.1:9001"] } },
  };
  const files = new Map([[`${corpus}/gateway.yaml`, JSON.stringify(gateway)]]);
  for (const [path, text] of others) files.set(`${corpus}/${path}`, text);
  if (overlay !== undefined) {
    files.set(`${corpus}/corpus-overlay.yaml`, overlay);
    files.set(`${corpus}/corpus-policies.yaml`, "all: { public: corpus }\n");
  }
  return files;
}
