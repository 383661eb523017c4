import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { RecordingSink } from "../../diagnostics/recording-sink.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { Positions } from "../../ir/positions.ts";
import type { SourceFile, SpecSource } from "../../source/source-set.ts";
import type { Disk } from "./disk.ts";
import { Fence } from "./fence.ts";
import { checkNumbers } from "./inexact-numbers.ts";
import { checkShape } from "./shape.ts";
import { SourceFiles } from "./source-files.ts";
import { type SpecMention, Specs } from "./specs.ts";

/** The specs of a gateway with all files that they are made of. Nobody changes it once it is loaded. */
export interface LoadedSpecs {
  readonly specs: ReadonlyMap<string, SpecSource>;
  readonly positions: Positions;
  readonly files: ReadonlyMap<string, SourceFile>;
}

interface Kept extends LoadedSpecs {
  /** What the gateway file said of its specs. */
  readonly wanted: string;
  readonly found: readonly Diagnostic[];
}

/**
 * Holds the specs of the last load for the next one, which takes them as they are where each byte they were made of is
 * as it was. All or nothing: specs share files and what is known of references in them.
 */
export class SpecCache {
  #kept: Kept | undefined;

  /**
   * @param positions where the specs are mentioned
   * @param folders out of which references may read, beside the root
   */
  async load(
    mentions: readonly SpecMention[],
    positions: Positions,
    root: string,
    folders: readonly string[],
    disk: Disk,
    sink: DiagnosticSink,
  ): Promise<LoadedSpecs> {
    const own = new Positions();
    const recording = new RecordingSink();
    const files = new SourceFiles(root, disk, own, recording);
    const wanted = JSON.stringify([root, folders, mentions.map(({ name, file, overlays }) => [name, file, overlays])]);
    const kept = this.#kept;
    if (kept?.wanted === wanted && (await isUnchanged(kept.files, files))) {
      for (const diagnostic of kept.found) sink.report(diagnostic);
      return kept;
    }
    // Two large specs need not be in memory at once.
    this.#kept = undefined;
    const textOf = ({ file, start, end }: Origin): string => files.text(file).slice(start, end);
    const specs = new Specs(
      files,
      new Fence(root, folders, disk),
      own,
      positions,
      textOf,
      // What an overlay adds to a document is looked at with the document.
      (tree, schema, name, at) =>
        checkShape(tree, schema, name, at, own, textOf, recording) &&
        (schema === "overlay" || checkNumbers(tree, own, textOf, recording)),
      recording,
    );
    const found = recording.record(sink);
    for (const mention of mentions) await specs.load(mention);
    recording.record(undefined);
    const loaded = { specs: specs.all, positions: own, files: files.all };
    if (isSelfContained(found, loaded.files)) this.#kept = { ...loaded, wanted, found };
    return loaded;
  }
}

async function isUnchanged(read: ReadonlyMap<string, SourceFile>, files: SourceFiles): Promise<boolean> {
  for (const file of read.values()) if (!(await files.isUnchanged(file))) return false;
  return true;
}

/** An error ends the build, and may have come from a file that is missing; other places may move without these files. */
const isSelfContained = (found: readonly Diagnostic[], files: ReadonlyMap<string, SourceFile>): boolean =>
  found.every(
    ({ severity, primary, related }) =>
      severity !== "error" && [primary, ...related].every(({ origin }) => files.has(origin.file)),
  );
