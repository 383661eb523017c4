import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkGateway } from "../index.ts";
import { type GatewayIr, irVersion } from "../ir/gateway.ts";
import { gatewayEntry } from "./entry.ts";
import { withProgress } from "./progress.ts";
import { report } from "./report.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The checked gateway behind a name: the output folder of a build, the bundle or the IR file in it, or a
 * configuration, which is compiled. Undefined where the configuration has errors; they are printed.
 */
export async function loadIr(given: string | undefined): Promise<GatewayIr | undefined> {
  const file = irFile(given);
  if (file !== undefined) {
    return readIr(file);
  }
  const entry = gatewayEntry(given);
  const checked = await withProgress((progress) => checkGateway(entry, { progress }));
  if (checked.ir === undefined) report(checked, "text", entry);
  return checked.ir;
}

function readIr(file: string): GatewayIr {
  let ir: GatewayIr | null;
  try {
    ir = JSON.parse(readFileSync(file, "utf8")) as GatewayIr | null;
  } catch {
    throw new UsageError(`\`${file}\` is no JSON. Build again.`);
  }
  if (ir?.irVersion !== irVersion) {
    throw new UsageError(
      `\`${file}\` was written by another version of gatewright (IR ${String(ir?.irVersion)}, not ${irVersion}). Build again.`,
    );
  }
  return ir;
}

function irFile(given: string | undefined): string | undefined {
  if (given === undefined || !existsSync(given)) return undefined;
  const folder = statSync(given).isDirectory() ? given : /\.m?js$/.test(given) ? dirname(given) : undefined;
  const file = folder === undefined ? given : join(folder, "gateway.ir.json");
  return file.endsWith(".ir.json") && existsSync(file) ? file : undefined;
}
