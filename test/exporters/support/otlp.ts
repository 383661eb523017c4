import { onTestFinished } from "vitest";
import type { OtlpConfig } from "../../../runtime/exporters/otlp/config.ts";
import { metricsJson } from "../../../runtime/exporters/otlp/metrics-json.ts";
import { metricsProtobuf } from "../../../runtime/exporters/otlp/metrics-protobuf.ts";
import { createOtlpExporter, type OtlpExporter } from "../../../runtime/exporters/otlp/otlp-exporter.ts";
import { tracesJson } from "../../../runtime/exporters/otlp/traces-json.ts";
import { tracesProtobuf } from "../../../runtime/exporters/otlp/traces-protobuf.ts";
import { createHousehold, type Household } from "../../../runtime/life/household.ts";
import type { Span } from "../../../runtime/telemetry/span.ts";
import { settled, TurnedClock } from "../../harness/turned-clock.ts";
import { NotedLog } from "../../life/support/things.ts";

export const traces = { protobuf: tracesProtobuf, json: tracesJson };
export const metrics = { protobuf: metricsProtobuf, json: metricsJson };

/** What a gateway with these options would have; the environment of this process does not count. */
export function otlpExporter(change: Partial<OtlpConfig> = {}, environment: Readonly<Record<string, string>> = {}): OtlpExporter {
  return createOtlpExporter(
    {
      name: "collector",
      gateway: "shop",
      version: "1.2.3",
      option: "exporters.collector.otlp",
      from: "gateway.yaml:5",
      attributes: [],
      queue: { items: 1_000, bytes: 1e7, ageMs: 300_000, full: "dropOldest" },
      batch: { items: 10, delayMs: 1_000 },
      concurrency: 4,
      traces,
      ...change,
    },
    environment,
  );
}

export interface Exporting {
  readonly exporter: OtlpExporter;
  readonly household: Household;
  readonly clock: TurnedClock;
  readonly log: NotedLog;
  take(count: number): void;
  /** Turns the time in small steps until it is so; what goes over sockets takes its own time. */
  until(isSo: () => boolean): Promise<void>;
  /** Of one signal: `sent`, `rejected`, `dropped`, `failed`. */
  figures(signal?: string): readonly number[];
}

/** An exporter that has started, whose time the test turns. Ends with the test. */
export async function exporting(
  change: Partial<OtlpConfig> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<Exporting> {
  const clock = new TurnedClock();
  const exporter = otlpExporter(change, environment);
  const log = new NotedLog();
  const household = createHousehold([exporter], 1, log);
  await household.start();
  onTestFinished(async () => {
    let isOver = false;
    const stop = household.stop().then(() => {
      isOver = true;
    });
    for (let step = 0; !isOver && step < 10_000; step++) await clock.turn(50);
    await stop;
  });
  let next = 0;
  return {
    exporter,
    household,
    clock,
    log,
    take(count) {
      for (let one = 0; one < count; one++) exporter.take(spanOf(next++));
    },
    async until(isSo) {
      for (let step = 0; step < 20_000; step++) {
        if (isSo()) return;
        await clock.turn(5);
        await settled();
      }
      throw new Error(`it never came: ${JSON.stringify([exporter.state(), log.lines])}`);
    },
    figures(signal = "traces") {
      const names = ["sent", "rejected", "dropped", "failed"];
      return names.map((name) => {
        const { samples } = exporter.metrics().find((family) => family.name === `gatewright_export_${name}_total`)!;
        return samples.find(({ labels }) => labels === `exporter="collector",signal="${signal}"`)!.value;
      });
    },
  };
}

export const spanOf = (number: number): Span => ({
  traceId: number.toString(16).padStart(32, "0"),
  spanId: number.toString(16).padStart(16, "1"),
  parentSpanId: "",
  traceState: "",
  flags: 1,
  name: `GET /orders/${number}`,
  kind: 2,
  start: 1_796_000_000_000,
  end: 1_796_000_000_001.5,
  attributes: ["http.request.method", "GET", "http.response.status_code", 200],
  events: [],
  links: [],
  status: 0,
  statusMessage: "",
});
