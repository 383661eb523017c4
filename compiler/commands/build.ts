import { relative } from "node:path";
import { buildGateway } from "../index.ts";
import { openToOptions } from "../ir/options-steps.ts";
import type { BundleResult } from "../phases/6-bundle/index.ts";
import { ForeignFolderError, UnwritableFolderError } from "../phases/6-bundle/output-folder.ts";
import type { SeriesBound } from "../policy/contract.ts";
import { table } from "../text/table.ts";
import { count } from "../text/words.ts";
import { formats } from "./check.ts";
import { gatewayEntry } from "./entry.ts";
import { closedBodies } from "./explain/closed-bodies.ts";
import { pathOption } from "./path-option.ts";
import { withProgress } from "./progress.ts";
import { formatOption, report } from "./report.ts";
import { UsageError } from "./usage-error.ts";

interface BuildOptions {
  readonly out: unknown;
  readonly minify: boolean;
  readonly emitModules?: boolean;
  readonly allowFaults?: boolean;
  readonly format: unknown;
  readonly quiet?: boolean;
}

/** `gatewright build`: the bundle, or diagnostics and no bundle. */
export async function buildCommand(gateway: string | undefined, options: BuildOptions): Promise<number> {
  const format = formatOption(options.format, formats);
  const entry = gatewayEntry(gateway);
  const out = pathOption("out", options.out);
  const built = await withProgress((progress) =>
    buildGateway(entry, out, {
      minify: options.minify,
      emitModules: options.emitModules === true,
      allowFaults: options.allowFaults === true,
      progress,
    }).catch((error: unknown) => {
      throw error instanceof ForeignFolderError || error instanceof UnwritableFolderError ? new UsageError(error.message) : error;
    }),
  );
  const quiet = options.quiet === true;
  if (built.result === undefined || format !== "text") return report(built, format, entry, quiet);
  // Before the warnings: whoever scrolls up to the first of them has seen it, and those who do not see the last.
  if (!quiet) process.stdout.write(sizeTable(built.result));
  const { series } = built.result.manifest;
  if (series.length > 0) process.stdout.write(`${seriesLine(series)}\n`);
  const code = report(built, format, entry, quiet);
  const forwarding = openToOptions(built.ir!.operations).length;
  if (forwarding > 0) {
    const operations = count(forwarding, "operation");
    process.stdout.write(
      `OPTIONS go to the service before authentication for ${operations} without cors (routing.options: answer keeps them here)\n`,
    );
  }
  const closed = closedBodies(built.ir!);
  if (closed > 0)
    process.stdout.write(
      `${count(closed, "operation")} refuse${closed === 1 ? "s" : ""} properties of the body that the spec does not declare (additionalProperties: false)\n`,
    );
  process.stdout.write(`${count(built.ir!.operations.length, "operation")} → ${relative("", out) || "."}/gateway.mjs\n`);
  return code;
}

function sizeTable({ sizes, bundleBytes }: Pick<BundleResult, "sizes" | "bundleBytes">): string {
  const rows = sizes.map(({ feature, bytes }) => [feature, kibibytes(bytes)]);
  return `${table(["feature", "size"], [...rows, ["gateway.mjs", kibibytes(bundleBytes)]], ["left", "right"])}\n`;
}

/** What Prometheus has to hold of requests, whatever clients and services send. */
function seriesLine(series: readonly SeriesBound[]): string {
  const number = (most: number): string => most.toLocaleString("en-US");
  const parts = series.map(({ about, most }) => `${about} ${number(most)}`).join(", ");
  return `at most ${number(series.reduce((sum, { most }) => sum + most, 0))} time series of requests: ${parts}`;
}

const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
