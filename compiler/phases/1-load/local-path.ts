import { posix } from "node:path";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import { isRemote } from "../../source/json-pointer.ts";
import type { JsonObject } from "../../source/source-set.ts";
import { hasSetting } from "../../text/setting.ts";
import { remoteFile } from "./messages.gen.ts";

/** The path under a key, brought to the one spelling by which later phases look it up; the tree gets it too. */
export function localPath(
  holder: JsonObject | readonly unknown[],
  key: string | number,
  positions: Positions,
  sink: DiagnosticSink,
): string | undefined {
  // The tree is ours and not handed out yet.
  const entries = holder as { [key: string]: unknown };
  const written = entries[key];
  // A setting in a path is reported as misplaced by the shape check.
  if (typeof written !== "string" || hasSetting(written)) return undefined;
  if (isRemote(written)) {
    sink.report(remoteFile(positions.value(holder, key), { file: written }));
    return undefined;
  }
  const path = posix.normalize(written);
  entries[key] = path;
  return path;
}
