import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { parseMessages } from "../../../compiler/generate/parse-messages.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { project } from "./project.ts";

const { messages, problems } = parseMessages(
  readFileSync(new URL("../../../compiler/phases/1-load/messages.md", import.meta.url), "utf8"),
  "load",
);

test("the descriptions are complete", () => {
  expect(problems).toEqual([]);
  expect(messages.length).toBeGreaterThan(40);
});

test.each(messages.map((message) => [message.code, message] as const))(
  "%s: the bad example gives exactly that code, the good one none",
  async (code, { bad, good }) => {
    expect(await codes(bad)).toEqual([code]);
    expect(await codes(good)).toEqual([]);
  },
);

async function codes(files: Readonly<Record<string, string>>): Promise<string[]> {
  const sink = new DiagnosticSink();
  await load("gateway.yaml", sink, memoryDisk(new Map(Object.entries({ ...project, ...files }))));
  return [...new Set(sink.sorted().map(({ code }) => code))];
}
