import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { load } from "../../../compiler/phases/1-load/index.ts";
import { project } from "./project.ts";
import { loadProject } from "./support.ts";

const bytes = (...parts: (string | number[])[]): Uint8Array => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

test.each([
  ["a byte order mark of UTF-8", bytes([0xef, 0xbb, 0xbf], "all: {}\n"), []],
  ["UTF-16, little endian", Buffer.from("\ufeffall: {}\n", "utf16le"), ["load/not-text"]],
  ["UTF-16 without a mark", Buffer.from("all: {}\n", "utf16le"), ["load/not-text"]],
  ["a byte of Latin-1", bytes("all: {} # caf", [0xe9], "\n"), ["load/not-text"]],
  ["a replacement character that is really there", bytes("all: {} # \ufffd\n"), []],
  ["a NUL", bytes("all: {} # ", [0], "\n"), ["load/not-text"]],
  ["nothing", bytes(""), ["load/empty-file"]],
  ["white space", bytes(" \n\n"), ["load/empty-file"]],
])("%s", async (_, content, expected) => {
  expect((await loadProject({ "policies.yaml": content })).codes).toEqual(expected);
});

test("the broken byte is shown, not an earlier replacement character", async () => {
  const { found } = await loadProject({ "policies.yaml": bytes("# \ufffd\n# x", [0xff], "\n") });
  expect(found).toMatchObject([{ at: "policies.yaml:2:4" }]);
});

test("aliases that explode are refused", async () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`);
  expect((await loadProject({ "policies.yaml": lines.join("\n") })).codes).toEqual(["load/alias-explosion"]);
});

test("without a readable gateway.yaml there is its text, and one diagnostic", async () => {
  for (const text of ["a: [", "- a\n", "text", ""]) {
    const { sources, codes } = await loadProject({ "gateway.yaml": text });
    expect([sources.files.get("gateway.yaml")?.text, sources.specs.size]).toEqual([text, 0]);
    expect(codes.length).toBe(1);
  }
});

test("the disk of the machine", async () => {
  const folder = mkdtempSync(join(tmpdir(), "load-"));
  const sink = new DiagnosticSink();
  expect((await load(join(folder, "gateway.yaml"), sink)).files.size).toBe(0);
  expect(sink.sorted().map(({ code }) => code)).toEqual(["load/file-missing"]);
  for (const [name, text] of Object.entries(project)) writeFileSync(join(folder, name), text);
  const second = new DiagnosticSink();
  const sources = await load(join(folder, "gateway.yaml"), second);
  expect(second.sorted()).toEqual([]);
  expect([...sources!.files.keys()]).toEqual(["gateway.yaml", "openapi.yaml", "policies.yaml"]);
  expect(sources!.files.get("policies.yaml")!.sha256).toMatch(/^[0-9a-f]{64}$/);
});
