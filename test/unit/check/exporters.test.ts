import { expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { ExporterUse, ExporterWish } from "../../../compiler/ir/exporter-use.ts";
import type { ExporterIr } from "../../../compiler/ir/resource.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { link } from "../../../compiler/phases/2-link/index.ts";
import { Exporters } from "../../../compiler/phases/3-check/exporters.ts";
import { fakeOrigin } from "../../harness/fake-policy-context.ts";

interface Outcome {
  readonly used: ExporterUse | undefined;
  /** Codes with the places that they name, the exporters' ones as they are written. */
  readonly found: readonly string[];
  readonly inUse: readonly ExporterIr[];
}

/** One policy of a gateway with these exporters asks for one; undefined: none does. */
async function asked(exporters: object | undefined, wish: Partial<ExporterWish> | undefined): Promise<Outcome> {
  const text = JSON.stringify({ gateway: "shop", compatibility: "2026-12-01", listeners: { public: { port: 0 } }, exporters });
  const sink = new DiagnosticSink();
  const linked = link(await load("gateway.yaml", sink, memoryDisk(new Map([["gateway.yaml", text]]))), sink);
  const all = new Exporters(linked);
  const used =
    wish === undefined
      ? undefined
      : all.use(
          { exporter: undefined, signal: "traces", ...wish },
          { policy: "toy", origin: fakeOrigin(""), at: fakeOrigin, report: (diagnostic) => sink.report(diagnostic) },
        );
  const { exporters: inUse = [] } = all.inUse(sink);
  const place = ({ file, start, end }: { file: string; start: number; end: number }): string =>
    file === "gateway.yaml" ? text.slice(start, end) : file.slice("policies.yaml#".length);
  const found = sink
    .sorted()
    .map(({ code, primary, related = [] }) =>
      [code, ...[primary, ...related].map(({ origin }) => `at ${place(origin)}`)].join(" "),
    );
  return { used, found, inUse };
}

const otlp = { otlp: { url: "http://127.0.0.1:4318" } };

test("a gateway that says nothing of exporters has one of OTLP, for policies that ask for one", async () => {
  const { used, found, inUse } = await asked(undefined, {});
  expect(found).toEqual([]);
  expect(used).toEqual({ name: "default", type: "otlp", ref: { kind: "resource", room: "exporters", name: "default" } });
  expect(inUse.map(({ name, signals, notes }) => ({ name, signals, to: notes[0] }))).toEqual([
    {
      name: "default",
      signals: ["traces"],
      to: "traces to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or else OTEL_EXPORTER_OTLP_ENDPOINT or http://localhost:4318 with /v1/traces; not at all with OTEL_TRACES_EXPORTER=none or OTEL_SDK_DISABLED=true",
    },
  ]);
  expect(await asked(undefined, undefined)).toMatchObject({ found: [], inUse: [] });
});

test.each([
  ["the only one needs no name", { collector: otlp }, {}, "collector", []],
  ["one of several is called default", { default: otlp, vendor: otlp }, {}, "default", ['check/unused-exporter at "vendor"']],
  [
    "one of several by its name",
    { default: otlp, vendor: otlp },
    { exporter: "vendor" },
    "vendor",
    ['check/unused-exporter at "default"'],
  ],
  ["none of that name", { collector: otlp }, { exporter: "colector" }, undefined, ["check/unknown-exporter at /exporter"]],
  [
    "below an option",
    { collector: otlp },
    { exporter: "nope", below: "/push" },
    undefined,
    ["check/unknown-exporter at /push/exporter"],
  ],
  ["several, and no default", { ours: otlp, theirs: otlp }, {}, undefined, ['check/several-exporters at  at "exporters"']],
])("a policy gets the exporter that it means: %s", async (_, exporters, wish, expected, messages) => {
  const { used, found, inUse } = await asked(exporters, wish);
  expect([used?.name, found]).toEqual([expected, messages]);
  expect(inUse.map(({ name }) => name)).toEqual(expected === undefined ? [] : [expected]);
});

test("one that nobody uses is reported, and its faults all the same", async () => {
  expect((await asked({ collector: otlp }, undefined)).found).toEqual(['check/unused-exporter at "collector"']);
  expect((await asked({ collector: { otlp: { url: "collector:4318" } } }, undefined)).found).toEqual([
    'otlp/unusable-url at "collector:4318"',
  ]);
});
