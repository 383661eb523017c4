import { setTimeout as wait } from "node:timers/promises";
import type { LiveAnswer, LiveClient } from "../client.ts";
import { topFigures } from "./figures.ts";
import { type Metrics, readMetrics } from "./metrics-text.ts";
import { renderTop, type Screen } from "./render.ts";

export interface TopOptions {
  /** Milliseconds between two reads. */
  readonly intervalMs: number;
  /** One table, and the end. */
  readonly once: boolean;
  readonly format: "text" | "json";
}

/** Where nobody looks at a terminal, its lines have this width at most. */
const widthOfFiles = 200;

export const screenWidth = (): number => (process.stdout.isTTY ? process.stdout.columns : widthOfFiles);

/**
 * `gatewright live top`: rates, errors and times by operation and service, from what the metrics grew by between two reads. On
 * a terminal it goes on until it is interrupted, each table in the place of the one before.
 */
export async function top(client: LiveClient, { intervalMs, once, format }: TopOptions): Promise<LiveAnswer> {
  const { stdout } = process;
  const goesOn = !once && format === "text" && stdout.isTTY;
  let before = await read(client);
  if (!("metrics" in before)) return before;
  for (let isFirst = true; ; isFirst = false) {
    await wait(intervalMs);
    const after = await read(client);
    if (!("metrics" in after)) return after;
    const figures = topFigures(before.metrics, after.metrics, (after.at - before.at) / 1000);
    if (format === "json") return answer(`${JSON.stringify(figures, null, 2)}\n`);
    const screen: Screen = goesOn ? { columns: stdout.columns, rows: stdout.rows } : { columns: screenWidth(), rows: undefined };
    const lines = renderTop(figures, screen);
    if (!goesOn) return answer(`${lines.join("\n")}\n`);
    stdout.write(redrawn(lines, isFirst));
    before = after;
  }
}

/** Home, each line with what was behind it erased, and nothing below: the terminal does not flicker (ECMA-48). */
const redrawn = (lines: readonly string[], isFirst: boolean): string =>
  `${isFirst ? "\u001b[2J" : ""}\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`;

async function read(client: LiveClient): Promise<{ readonly metrics: Metrics; readonly at: number } | LiveAnswer> {
  const answered = await client.ask({ method: "GET", path: "/metrics" });
  return answered.status === 200 ? { metrics: readMetrics(answered.text), at: performance.now() } : answered;
}

const answer = (text: string): LiveAnswer => ({ status: 200, mediaType: "text/plain", text });
