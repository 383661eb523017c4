import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Checked, checkGateway } from "../../compiler/index.ts";
import { memoryDisk, nodeDisk } from "../../compiler/phases/1-load/index.ts";
import { corpus, gatewayFiles, specs } from "./corpus.ts";

const golden = fileURLToPath(new URL("expected.tsv", import.meta.url));
const isUpdate = process.env.UPDATE === "1";

const expected = new Map<string, string>();
for (const line of existsSync(golden) ? readFileSync(golden, "utf8").trim().split("\n").slice(1) : []) {
  const [file, found = ""] = line.split("\t");
  expected.set(file!, found);
}
const actual = new Map<string, string>();

const check = (files: ReadonlyMap<string, string>): Promise<Checked> =>
  checkGateway(`${corpus}/gateway.yaml`, { disk: memoryDisk(files, nodeDisk) });

/** `code count`, sorted by code. */
function summary({ diagnostics }: Checked): string {
  const counts = new Map<string, number>();
  for (const { code } of diagnostics) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");
}

describe("every document of the corpus, as it was published", () => {
  it.skipIf(specs.length > 0)("(skipped: the shared corpus is not here)", () => {});

  it.skipIf(specs.length === 0).each(specs)("$file says what is true of it", async ({ file }) => {
    const found = summary(await check(gatewayFiles(file)));
    actual.set(file, found);
    if (!isUpdate) expect(found).toBe(expected.get(file) ?? "(not in expected.tsv)");
  });

  afterAll(() => {
    if (!isUpdate || actual.size === 0) return;
    const rows = [...actual].sort(([a], [b]) => (a < b ? -1 : 1)).map((row) => row.join("\t"));
    writeFileSync(golden, `${["file\tdiagnostics and how many of each", ...rows].join("\n")}\n`);
  });
});
