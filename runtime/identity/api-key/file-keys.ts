import type { AdminRoute } from "../../admin/route.ts";
import type { Identity, Rejection, StartValue } from "../../exchange/exchange.ts";
import { FollowedFiles } from "../../files/followed-files.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import type { Validator } from "../../validation/violations.ts";
import { DigestIndex } from "./digest-index.ts";
import { fileRoutes } from "./file-routes.ts";
import { flawOfMetadata, type HeldKey, holdKey, isOver, verdictOn } from "./held-key.ts";
import { type KeyFile, readKeyFile } from "./key-entry.ts";
import { keyMetrics, Outcomes } from "./key-metrics.ts";
import { type KeyPlaceConfig, KeyScheme } from "./key-scheme.ts";
import { KeyForm } from "./key-text.ts";

export interface FileKeysConfig extends KeyPlaceConfig {
  /** Path, from where the gateway was started. */
  readonly file: StartValue;
  /** Of the metadata of each key, where the scheme says what it is. */
  readonly metadata?: Validator & { readonly __emitted: "validator" };
}

export const createFileKeys = (config: FileKeysConfig): FileKeys => new FileKeys(config);

/** Bytes of the file at most: some 200,000 keys. */
const longestFile = 64 * 1024 * 1024;
/** Milliseconds between two looks at the file where the system does not tell of its changes: a revoked key is to go soon. */
const lookMs = 1_000;
/** Keys that are made ready at a time, so that requests go on meanwhile. */
const atOnce = 2_000;
/** Lines about keys of one file that cannot be used. */
const mostReported = 5;

interface Keys {
  readonly prefix: string;
  readonly byDigest: DigestIndex<HeldKey>;
  readonly byId: ReadonlyMap<string, HeldKey>;
  /** Milliseconds since the epoch at which they came. */
  readonly since: number;
}

/** Keys of a file that is followed: each process reads it for itself, and what cannot be used leaves the last good one in force. */
export class FileKeys extends KeyScheme<Identity | Rejection> implements Living {
  readonly required = true;
  readonly adminRoutes: readonly AdminRoute[];
  readonly #file: string;
  readonly #isFit: Validator | undefined;
  readonly #outcomes = new Outcomes();
  readonly #form = new KeyForm();
  #keys: Keys | undefined = undefined;
  #files: FollowedFiles<Keys> | undefined = undefined;

  constructor(config: FileKeysConfig) {
    super(config);
    this.#file = config.file;
    this.#isFit = config.metadata;
    this.adminRoutes = fileRoutes(config.name, () => this.#keys?.byId ?? new Map<string, HeldKey>());
  }

  protected override judge(key: string, digest: string): Identity | Rejection | "invalid" {
    // The gateway does not listen before the file was read.
    const keys = this.#keys!;
    const held = keys.byDigest.get(digest);
    if (held !== undefined) return verdictOn(held, this.#outcomes);
    this.#outcomes.refused++;
    return this.#form.refusal(key, keys.prefix);
  }

  hasEnded(identity: Identity): boolean {
    const id = identity.marks?.key;
    return id !== undefined && this.#keys !== undefined && isOver(this.#keys.byId.get(id), identity);
  }

  async start(life: Life): Promise<void> {
    this.#files = new FollowedFiles<Keys>(
      {
        paths: [this.#file],
        what: `keys of ${this.name}`,
        maxBytes: longestFile,
        lookMs,
        parse: ([text]) => this.#made(readKeyFile(text!), life),
        apply: (keys) => this.#apply(keys),
      },
      undefined,
    );
    await this.#files.first();
    this.#files.follow(life);
  }

  /** What was counted meanwhile goes along. */
  #apply(keys: Keys): void {
    if (this.#keys !== undefined)
      for (const [id, { count, last }] of this.#keys.byId) Object.assign(keys.byId.get(id) ?? {}, { count, last });
    this.#keys = keys;
  }

  async #made({ prefix, keys }: KeyFile, life: Life): Promise<Keys> {
    const byDigest = new DigestIndex<HeldKey>(keys.length);
    const byId = new Map<string, HeldKey>();
    for (const [index, entry] of keys.entries()) {
      if (index % atOnce === atOnce - 1) await new Promise<void>((resolve) => void setImmediate(resolve));
      const held = holdKey(entry, this.scheme, this.#isFit);
      byDigest.add(Buffer.from(entry.hash, "hex").toString("base64url"), held);
      byId.set(entry.id, held);
    }
    this.#report(
      [...byId.values()].filter(({ fits }) => !fits),
      life,
    );
    return { prefix, byDigest, byId, since: life.clock.wall() };
  }

  /** A key whose metadata is wrong counts for nobody; the others do, and what else has changed, such as what was revoked. */
  #report(misfits: readonly HeldKey[], life: Life): void {
    const isFit = this.#isFit;
    if (isFit === undefined) return;
    for (const { entry } of misfits.slice(0, mostReported))
      life.log.write("error", "a key has metadata that is not as `metadata` of the scheme says, and gets 503", {
        scheme: this.scheme,
        key: entry.id,
        flaw: flawOfMetadata(entry, isFit),
        keys: misfits.length,
      });
  }

  readiness(): Readiness {
    return this.#keys === undefined ? { ready: false, why: `has no keys from ${this.#file} yet` } : { ready: true };
  }

  state(): Json {
    const problem = this.#files?.problem;
    return {
      file: this.#file,
      keys: this.#keys?.byId.size ?? 0,
      ...(this.#keys === undefined ? {} : { since: new Date(this.#keys.since).toISOString() }),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  metrics(): readonly MetricFamily[] {
    return keyMetrics(this.scheme, this.#outcomes, this.#keys && { count: this.#keys.byId.size, since: this.#keys.since });
  }
}
