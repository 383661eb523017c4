import { createHash } from "node:crypto";
import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import type { Life } from "../life/life.ts";
import { messageOf } from "../life/message-of.ts";
import { type Timer, timers } from "../life/timers.ts";
import { type ReadFiles, readChangedFiles } from "./read-files.ts";
import { WatchedFolders } from "./watched-folders.ts";
import { withoutLineBreak } from "./without-line-break.ts";

export interface FollowedFilesConfig<Value, Content = string> {
  /** Judged together: a certificate and its key. */
  readonly paths: readonly [string, ...string[]];
  /** For logs: `the certificate of gateway.yaml:6`. */
  readonly what: string;
  /** Bytes of one file at most. */
  readonly maxBytes: number;
  /** Milliseconds between looks that nothing asks for, where it matters how soon a change is seen that nobody tells of. */
  readonly lookMs?: number;
  /**
   * Makes a value of the contents in the order of the paths: texts are without a line break at their end. Throws where they
   * are of no use together, with a message for operators.
   */
  parse(contents: readonly Content[]): Value | Promise<Value>;
  /** From now on it counts. */
  apply(value: Value): void;
  /** Told after each look, also where nothing has changed. `why`: what is there cannot be used, and has not been for a while. */
  looked?(why: string | undefined): void;
}

/** Milliseconds between looks that nothing asks for, unless said otherwise. */
export const usualLookMs = 30_000;

/** Milliseconds after a change until it is looked at: who writes is mostly not done with the first one. */
const settleMs = 100;

/** Milliseconds until what cannot be used is looked at again, and until it is said that it cannot. */
const againMs = 250;
const patienceMs = 2_000;

/**
 * Files whose changes count while the gateway runs. What cannot be used is reported once, and what was good stays in force: an
 * update that is half there, a key without its certificate, is tried again meanwhile.
 */
abstract class FollowedContents<Value, Content extends string | Buffer> {
  readonly #config: FollowedFilesConfig<Value, Content>;
  readonly #contentOf: (bytes: Buffer) => Content;
  /** Digest of the contents that are in force; undefined: none are. */
  #inForce: string | undefined;
  /** Of the files when they were read last, and why they were of no use. */
  #signature: string | undefined = undefined;
  #refused: Error | undefined = undefined;
  #life: Life | undefined = undefined;
  #look: { soon(): void } | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** Monotonic milliseconds, since when what is there cannot be used; undefined: it can. */
  #badSince: number | undefined = undefined;
  #reported = "";

  constructor(
    config: FollowedFilesConfig<Value, Content>,
    inForce: readonly Content[] | undefined,
    contentOf: (bytes: Buffer) => Content,
  ) {
    this.#config = config;
    this.#contentOf = contentOf;
    this.#inForce = inForce === undefined ? undefined : digestOf(inForce);
  }

  /** Why what is in the files cannot be used; undefined where it is in force. */
  get problem(): string | undefined {
    return this.#badSince === undefined ? undefined : this.#reported || undefined;
  }

  /** Reads them once. Rejects where they cannot be used. */
  async first(): Promise<void> {
    await this.#read();
  }

  /** Follows them up to the end of `life`. */
  follow(life: Life): { soon(): void } {
    this.#life = life;
    const folders = new WatchedFolders(this.#config.paths, () => this.#wake(settleMs));
    const end = contained(logged("files are followed no more"), (): void => {
      folders.close();
      this.#timer?.cancel();
    });
    life.signal.addEventListener("abort", end);
    const look = life.every(this.#config.lookMs ?? usualLookMs, async () => {
      await folders.renew();
      await this.#refresh();
    });
    this.#look = look;
    return look;
  }

  #wake(milliseconds: number): void {
    if (this.#life === undefined || this.#life.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = timers.after(milliseconds, logged(`${this.#config.what} was not looked at`), () => this.#look?.soon());
  }

  async #refresh(): Promise<void> {
    try {
      if (await this.#read()) this.#life?.log.write("info", "files replaced", this.#fields);
      else if (this.#badSince !== undefined) this.#life?.log.write("info", "files are as they were again", this.#fields);
      this.#badSince = undefined;
      this.#reported = "";
      this.#config.looked?.(undefined);
    } catch (error) {
      this.#reject(messageOf(error));
    }
  }

  /** True where there is something new, which is in force now. Rejects where what is there is of no use. */
  async #read(): Promise<boolean> {
    const { paths, maxBytes, parse, apply } = this.#config;
    let found: ReadFiles | undefined;
    try {
      found = await readChangedFiles(paths, maxBytes, this.#signature);
    } catch (error) {
      // Looked at anew when they are back, whatever they are then.
      this.#signature = undefined;
      throw error;
    }
    if (found === undefined) {
      if (this.#refused !== undefined) throw this.#refused;
      return false;
    }
    this.#signature = found.signature;
    this.#refused = undefined;
    const contents = found.contents.map(this.#contentOf);
    const digest = digestOf(contents);
    if (digest === this.#inForce) return false;
    try {
      apply(await parse(contents));
    } catch (error) {
      throw (this.#refused = error instanceof Error ? error : new Error(String(error)));
    }
    this.#inForce = digest;
    return true;
  }

  #reject(why: string): void {
    const now = clock.monotonic();
    this.#badSince ??= now;
    if (now - this.#badSince < patienceMs) return this.#wake(againMs);
    this.#config.looked?.(why);
    if (why === this.#reported) return;
    this.#reported = why;
    const kept = this.#inForce === undefined ? "nothing is in force" : "what was there before stays in force";
    this.#life?.log.write("warning", "files cannot be used", { ...this.#fields, reason: why, kept });
  }

  get #fields(): { readonly what: string; readonly files: string } {
    return { what: this.#config.what, files: this.#config.paths.join(", ") };
  }
}

/** Files of text: PEM, JSON, lists of lines. */
export class FollowedFiles<Value> extends FollowedContents<Value, string> {
  /** `texts`: what is in force already, in the order of the paths; undefined: nothing is. */
  constructor(config: FollowedFilesConfig<Value>, texts: readonly string[] | undefined) {
    super(config, texts, textOf);
  }
}

/** Files of bytes, such as databases. Nothing of them is in force before the first look. */
export class FollowedBytes<Value> extends FollowedContents<Value, Buffer> {
  constructor(config: FollowedFilesConfig<Value, Buffer>) {
    super(config, undefined, (bytes) => bytes);
  }
}

const textOf = (bytes: Buffer): string => withoutLineBreak(bytes.toString("utf8"));

function digestOf(contents: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(`${content.length} `).update(content);
  return hash.digest("base64");
}
