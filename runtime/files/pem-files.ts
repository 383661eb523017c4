import type { Life } from "../life/life.ts";
import { FollowedFiles } from "./followed-files.ts";

/** What belongs together in PEM: authorities, a certificate with its chain, its key. */
export type PemTexts = { readonly [Name in "ca" | "certificate" | "key"]?: string };

export interface FollowedPem<Value> {
  readonly life: Life;
  /** For logs. */
  readonly what: string;
  /** What was read at start, whether it came from a file or from elsewhere. */
  readonly texts: PemTexts;
  /** Throws where they do not fit together, with a message for operators. */
  judge(texts: PemTexts): Value;
  apply(value: Value): void;
}

/** Bytes: bundles of all public authorities have a quarter of it. */
const longestPem = 1024 * 1024;

/** @param paths of those that come from files */
export const createPemFiles = (paths: PemTexts): PemFiles => new PemFiles(paths);

/** Files of certificates and keys, which others replace while the gateway runs. */
export class PemFiles {
  readonly #paths: PemTexts;

  constructor(paths: PemTexts) {
    this.#paths = paths;
  }

  follow<Value>({ life, what, texts, judge, apply }: FollowedPem<Value>): void {
    const names = (["ca", "certificate", "key"] as const).filter((name) => this.#paths[name] !== undefined);
    const [first, ...others] = names.map((name) => this.#paths[name]!);
    if (first === undefined) return;
    const parse = (read: readonly string[]): Value =>
      judge({ ...texts, ...Object.fromEntries(names.map((name, index) => [name, read[index]!])) });
    const inForce = names.map((name) => texts[name] ?? "");
    new FollowedFiles({ paths: [first, ...others], what, maxBytes: longestPem, parse, apply }, inForce).follow(life);
  }
}
