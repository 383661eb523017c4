import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { load, memoryDisk, nodeDisk } from "../../../compiler/phases/1-load/index.ts";
import { gatewayOf } from "./gateway-of.ts";

const corpus = process.env.GATEWRIGHT_CORPUS ?? new URL("../../../../shared/corpus/openapi", import.meta.url).pathname;
const manifest = `${corpus}/manifest.tsv`;
const rows = existsSync(manifest)
  ? readFileSync(manifest, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split("\t"))
  : [];
const specs = rows.map((row) => ({ file: row[0]!, version: row[4]!, operations: Number(row[6]) }));

describe.skipIf(specs.length === 0)("specs as they are published", () => {
  test("there are some", () => expect(specs.length).toBeGreaterThan(40));

  test.each(specs)("$file ($version)", async ({ file, version, operations }) => {
    const sink = new DiagnosticSink();
    const disk = memoryDisk(new Map([[`${corpus}/gateway.yaml`, gatewayOf(file)]]), nodeDisk);
    const sources = await load(`${corpus}/gateway.yaml`, sink, disk);
    const errors = sink.sorted().filter(({ severity }) => severity === "error");
    expect(errors).toEqual([]);
    const spec = sources!.specs.get(file)!;
    expect(spec.openapi).toBe(version);
    expect(countOperations(spec)).toBe(operations);
  });
});

type Spec = NonNullable<ReturnType<NonNullable<Awaited<ReturnType<typeof load>>>["specs"]["get"]>>;

function countOperations(spec: Spec): number {
  let count = 0;
  for (const item of Object.values(spec.document.paths ?? {})) {
    const keys = Object.keys(spec.resolve(item as never) ?? {});
    count += keys.filter((key) =>
      ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"].includes(key),
    ).length;
  }
  return count;
}
