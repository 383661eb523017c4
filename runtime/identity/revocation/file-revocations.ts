import type { Identity, Rejection } from "../../exchange/exchange.ts";
import { FollowedFiles } from "../../files/followed-files.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import { StartError } from "../../life/start-error.ts";
import { readRevocation } from "./revocation.ts";
import { revocationMetrics } from "./revocation-metrics.ts";
import { RevocationSet } from "./revocation-set.ts";
import { type Revocations, verdictOf } from "./revocations.ts";

export interface FileRevocationsConfig {
  readonly file: string;
  /** Where it is configured: `gateway.yaml:7`. */
  readonly at: string;
  /** Most entries. */
  readonly max: number;
}

export const createFileRevocations = (config: FileRevocationsConfig): FileRevocations => new FileRevocations(config);

/** Bytes of one entry at most, on average: longer lists are refused before they are parsed. */
const entryBytes = 512;

/** The revocation set in a file, which each process reads and follows for itself. What cannot be used changes nothing. */
export class FileRevocations implements Living, Revocations {
  declare readonly __resource: "credentials";
  readonly name = "identity.revoked";
  readonly required = true;
  readonly #config: FileRevocationsConfig;
  readonly #files: FollowedFiles<RevocationSet>;
  #set = new RevocationSet();
  #loadedAt = 0;
  #wall: () => number = () => 0;

  constructor(config: FileRevocationsConfig) {
    this.#config = config;
    this.#files = new FollowedFiles(
      {
        paths: [config.file],
        what: "list of revoked credentials",
        maxBytes: config.max * entryBytes,
        parse: ([text]) => readRevocations(text!, config.max),
        apply: (set) => {
          this.#set = set;
          this.#loadedAt = this.#wall();
        },
      },
      undefined,
    );
  }

  verdict(identity: Identity): Rejection | undefined {
    return verdictOf(this.#set, identity);
  }

  async start(life: Life): Promise<void> {
    this.#wall = () => life.clock.wall();
    try {
      await this.#files.first();
    } catch (error) {
      throw new StartError(
        `${this.#config.at}: ${messageOf(error)}. Without the list, revoked credentials would count; \`gatewright revocations list --file ${this.#config.file}\` checks it, and an empty one is {"revoked": []}.`,
      );
    }
    this.#files.follow(life);
  }

  readiness(): Readiness {
    return { ready: true };
  }

  state(): Json {
    const { problem } = this.#files;
    return {
      file: this.#config.file,
      entries: this.#set.size,
      since: new Date(this.#loadedAt).toISOString(),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  metrics(): readonly MetricFamily[] {
    return revocationMetrics(this.#set.size, this.#loadedAt);
  }
}

/** Throws an `Error` that says which entry is wrong. */
export function readRevocations(text: string, max: number): RevocationSet {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON: ${messageOf(error)}`);
  }
  const entries = typeof parsed === "object" && parsed !== null && "revoked" in parsed ? parsed.revoked : undefined;
  if (!Array.isArray(entries)) throw new Error('it is not an object with a list `revoked`: {"revoked": [{"jti": "…"}]}');
  if (entries.length > max)
    throw new Error(`it has ${entries.length} entries, more than \`max: ${max}\`. Remove those that are over, or raise it`);
  const set = new RevocationSet();
  for (const [index, entry] of entries.entries()) {
    try {
      set.put(readRevocation(entry));
    } catch (error) {
      throw new Error(`its entry ${index + 1} ${messageOf(error)}`);
    }
  }
  return set;
}
