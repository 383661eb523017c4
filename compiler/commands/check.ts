import { CompilerCache, checkGateway } from "../index.ts";
import type { Disk } from "../phases/1-load/index.ts";
import { count } from "../text/words.ts";
import { gatewayEntry } from "./entry.ts";
import { withProgress } from "./progress.ts";
import { formatOption, report } from "./report.ts";

export const formats = ["text", "json", "sarif", "github"] as const;

/** `gatewright check`: all diagnostics, nothing written. */
export async function checkCommand(
  gateway: string | undefined,
  options: { readonly format: unknown; readonly watch?: boolean; readonly quiet?: boolean },
): Promise<number> {
  const format = formatOption(options.format, formats);
  const entry = gatewayEntry(gateway);
  const cache = new CompilerCache();
  const once = async (disk?: Disk): Promise<number> => {
    const checked = await withProgress((progress) => checkGateway(entry, { progress, disk, cache }));
    const code = report(checked, format, entry, options.quiet === true);
    if (code === 0 && format === "text" && checked.ir !== undefined) {
      process.stdout.write(`${entry}: ${count(checked.ir.operations.length, "operation")}, nothing wrong\n`);
    }
    return code;
  };
  if (options.watch !== true) return once();
  const { stopSignal, watchInputs } = await import("./watch.ts");
  await watchInputs(once, stopSignal());
  return 0;
}
