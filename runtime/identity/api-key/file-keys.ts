import type { AdminRoute } from "../../admin/route.ts";
import type { Identity, Rejection, StartValue } from "../../exchange/exchange.ts";
import { FollowedFiles } from "../../files/followed-files.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { DigestIndex } from "./digest-index.ts";
import { fileRoutes } from "./file-routes.ts";
import { type HeldKey, holdKey, verdictOn } from "./held-key.ts";
import { type KeyFile, readKeyFile } from "./key-entry.ts";
import { keyMetrics, Outcomes } from "./key-metrics.ts";
import { type KeyPlaceConfig, KeyScheme } from "./key-scheme.ts";
import { KeyForm, mistyped } from "./key-text.ts";

export interface FileKeysConfig extends KeyPlaceConfig {
  /** Path, from where the gateway was started. */
  readonly file: StartValue;
}

export const createFileKeys = (config: FileKeysConfig): FileKeys => new FileKeys(config);

/** Bytes of the file at most: some 200,000 keys. */
const longestFile = 64 * 1024 * 1024;
/** Milliseconds between two looks at the file where the system does not tell of its changes: a revoked key is to go soon. */
const lookMs = 1_000;
/** Keys that are made ready at a time, so that requests go on meanwhile. */
const atOnce = 2_000;

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
  readonly #outcomes = new Outcomes();
  readonly #form = new KeyForm();
  #keys: Keys | undefined = undefined;
  #files: FollowedFiles<Keys> | undefined = undefined;

  constructor(config: FileKeysConfig) {
    super(config);
    this.#file = config.file;
    this.adminRoutes = fileRoutes(config.name, () => this.#keys?.byId ?? new Map<string, HeldKey>());
  }

  protected override judge(key: string, digest: string): Identity | Rejection | "invalid" {
    // The gateway does not listen before the file was read.
    const keys = this.#keys!;
    const held = keys.byDigest.get(digest);
    if (held !== undefined) return verdictOn(held, this.#outcomes);
    this.#outcomes.refused++;
    return this.#form.isMistyped(key, keys.prefix) ? mistyped : "invalid";
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
      const held = holdKey(entry, this.scheme);
      byDigest.add(Buffer.from(entry.hash, "hex").toString("base64url"), held);
      byId.set(entry.id, held);
    }
    return { prefix, byDigest, byId, since: life.clock.wall() };
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
