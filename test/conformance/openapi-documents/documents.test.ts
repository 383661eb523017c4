import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { failNotRefused, passRefused } from "./deviations.ts";

/** The documents with which the OpenAPI schemas are tested, where the shared material is at hand. */
const folder =
  process.env.GATEWRIGHT_OPENAPI_DOCUMENTS ?? new URL("../../../../shared/corpus/openapi-documents", import.meta.url).pathname;
const isHere = existsSync(folder);

const gateway = `gateway: documents
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { api: { service: origin, versions: { v1: { spec: openapi.yaml } } } }
services: { origin: { endpoints: ["http://127.0.0.1:9001"] } }
`;

/** The errors of one document, each as its code and what it points at. */
async function errorsOf(path: string): Promise<readonly string[]> {
  const text = readFileSync(join(folder, path), "utf8");
  const sink = new DiagnosticSink();
  await load(
    "gateway.yaml",
    sink,
    memoryDisk(
      new Map([
        ["gateway.yaml", gateway],
        ["openapi.yaml", text],
      ]),
    ),
  );
  const errors = sink.sorted().filter(({ severity }) => severity === "error");
  return errors.map(({ code, primary }) =>
    `${code} ${text.slice(primary.origin.start, primary.origin.end).split("\n")[0]!}`.trim(),
  );
}

describe.each(["v3.1", "v3.2"])("documents of OpenAPI %s", (version) => {
  const names = (verdict: "pass" | "fail"): readonly string[] =>
    isHere ? readdirSync(join(folder, version, "schema", verdict)).sort() : ["(the shared material is not here)"];

  it.skipIf(!isHere).each(names("pass"))("%s is loaded", async (name) => {
    expect(await errorsOf(join(version, "schema/pass", name))).toEqual(passRefused[`${version}/${name}`]?.errors ?? []);
  });

  it.skipIf(!isHere).each(names("fail"))("%s is refused, or listed", async (name) => {
    const errors = await errorsOf(join(version, "schema/fail", name));
    if (failNotRefused[name] === undefined) expect(errors).toMatchSnapshot();
    expect(errors.length > 0 ? "refused" : "listed").toBe(failNotRefused[name] === undefined ? "refused" : "listed");
  });
});

it.skipIf(!isHere)("nothing is listed that is not there", () => {
  const all = new Set(["v3.1", "v3.2"].flatMap((version) => readdirSync(join(folder, version, "schema/fail"))));
  expect(Object.keys(failNotRefused).filter((name) => !all.has(name))).toEqual([]);
});
