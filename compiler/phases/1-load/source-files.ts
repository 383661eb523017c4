import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest, suggestion } from "../../diagnostics/suggest.ts";
import type { Origin } from "../../ir/origin.ts";
import { lineStarts, type Positions } from "../../ir/positions.ts";
import type { JsonValue, SourceFile } from "../../source/source-set.ts";
import type { ParsedFile } from "../../source/tree.ts";
import { decode } from "./decode.ts";
import type { Disk } from "./disk.ts";
import { emptyFile, fileIsFolder, fileMissing, fileUnreadable, htmlPage, notText } from "./messages.gen.ts";
import { parseJson } from "./parse-json.ts";
import { parseYaml } from "./parse-yaml.ts";

/** Larger files are refused: a document of this size could not be compiled anyway. */
const maxBytes = 256 * 1024 * 1024;

/** What the operating system says, without the path of this machine. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user has no right to read it",
  EPERM: "this user has no right to read it",
  EIO: "the disk failed",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
};

/** Reads and parses each file once, however often it is named. Paths are relative to the root, with forward slashes. */
export class SourceFiles {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #positions: Positions;
  readonly #sink: DiagnosticSink;
  readonly #read = new Map<string, SourceFile>();
  /** Undefined where reading or parsing failed, which was reported at its first mention. */
  readonly #trees = new Map<string, JsonValue | undefined>();

  constructor(root: string, disk: Disk, positions: Positions, sink: DiagnosticSink) {
    this.#root = root;
    this.#disk = disk;
    this.#positions = positions;
    this.#sink = sink;
  }

  /** All files read so far, sorted by path. */
  get all(): ReadonlyMap<string, SourceFile> {
    return new Map([...this.#read].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  text(path: string): string {
    return this.#read.get(path)?.text ?? "";
  }

  /** What was loaded of a path; undefined also where nothing was. */
  tree(path: string): JsonValue | undefined {
    return this.#trees.get(path);
  }

  isLoaded(path: string): boolean {
    return this.#trees.has(path);
  }

  /** Whether a file that was read has the same bytes still. */
  async isUnchanged({ path, sha256 }: SourceFile): Promise<boolean> {
    const full = posix.join(this.#root, path);
    if ((await this.#disk.kind(full)) !== "file") return false;
    const bytes = await this.#disk.read(full).catch(() => undefined);
    return bytes !== undefined && digest(bytes) === sha256;
  }

  /** The document in a file. `mention` is the place that names it, where a missing file is reported. */
  async load(path: string, mention: Origin): Promise<JsonValue | undefined> {
    if (this.#trees.has(path)) return this.#trees.get(path);
    const bytes = await this.#bytes(path, mention);
    // A file that is not there is reported at every place that names it, so it is not remembered.
    if (bytes === undefined) return undefined;
    const tree = this.#parse(path, bytes);
    this.#trees.set(path, tree);
    return tree;
  }

  async #bytes(path: string, mention: Origin): Promise<Uint8Array | undefined> {
    const full = posix.join(this.#root, path);
    const kind = path.includes("\0") ? "file" : posix.isAbsolute(path) ? "missing" : await this.#disk.kind(full);
    if (kind === "missing") {
      this.#sink.report(fileMissing(mention, { file: path, suggestion: await this.#suggestion(path) }));
      return undefined;
    }
    if (kind === "folder") {
      const names = (await this.#disk.list(full)).filter((name) => /\.(ya?ml|json)$/i.test(name));
      const help =
        names.length === 0
          ? "Name a file."
          : `Name a file in it: ${names
              .slice(0, 5)
              .map((name) => `\`${name}\``)
              .join(", ")}${names.length > 5 ? ", …" : ""}.`;
      this.#sink.report(fileIsFolder(mention, { file: path, suggestion: help }));
      return undefined;
    }
    let reason = "it is neither a file nor a folder";
    if (kind === "file") {
      try {
        const bytes = await this.#disk.read(full);
        if (bytes.length <= maxBytes) return bytes;
        reason = `it is larger than ${maxBytes / 1024 / 1024} MiB`;
      } catch (error) {
        reason = reasons[(error as NodeJS.ErrnoException).code ?? ""] ?? (error instanceof Error ? error.message : String(error));
      }
    }
    this.#sink.report(fileUnreadable(mention, { file: path.replaceAll("\0", "␀"), reason }));
    return undefined;
  }

  async #suggestion(path: string): Promise<string> {
    // An absolute path would be another one on every machine, and end up in the output.
    if (posix.isAbsolute(path)) return "Paths are relative to the file that names them and do not begin with a slash.";
    const folder = posix.dirname(path);
    const names = await this.#disk.list(posix.join(this.#root, folder));
    if (names.length === 0)
      return folder === "."
        ? "The folder is empty."
        : `There is no folder \`${folder}\`, or nothing in it. Paths are relative to the file that names them.`;
    const own = posix.basename(path);
    const near = nearest(own, names) ?? names.find((name) => name.replace(/\.\w+$/, "") === own.replace(/\.\w+$/, ""));
    if (near !== undefined) return `Did you mean \`${folder === "." ? near : `${folder}/${near}`}\`?`;
    return suggestion(
      own,
      names.filter((name) => /\.(ya?ml|json)$/i.test(name)),
    );
  }

  #parse(path: string, bytes: Uint8Array): JsonValue | undefined {
    const { text, problem } = decode(bytes);
    this.#read.set(path, { path, text, sha256: digest(bytes) });
    const number = this.#positions.addFile(path, lineStarts(text));
    const file: ParsedFile = { path, text, number, positions: this.#positions };
    if (problem !== undefined) {
      this.#sink.report(notText(this.#positions.range(path, problem.at, problem.at + 1), { file: path, problem: problem.what }));
      return undefined;
    }
    // Neither YAML nor JSON begins a document like this, and their parsers would find fault with something further down.
    const page = /^\s*<(?!<)/.exec(text.slice(0, 1000));
    if (page !== null) {
      const at = page[0].length - 1;
      this.#sink.report(htmlPage(this.#positions.range(path, at, at + 1), { file: path }));
      return undefined;
    }
    const tree = this.#parseText(file);
    if (tree === null) {
      this.#sink.report(emptyFile(this.#positions.range(path, 0, 0), { file: path }));
      return undefined;
    }
    return tree;
  }

  /** By content: what begins like JSON is tried as JSON, which is much faster, whatever its name. Only `.json` has to be JSON. */
  #parseText(file: ParsedFile): JsonValue | undefined {
    if (file.text.trim() === "") return null;
    if (/\.json$/i.test(file.path)) return parseJson(file, this.#sink);
    if (/^\s*[{[]/.test(file.text.slice(0, 1000))) {
      const tree = parseJson(file, this.#sink, true);
      if (tree !== undefined) return tree;
    }
    return parseYaml(file, this.#sink);
  }
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
