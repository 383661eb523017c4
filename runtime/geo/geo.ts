import type { Place } from "../exchange/exchange.ts";
import { keptText } from "../exchange/kept-text.ts";
import { FollowedBytes } from "../files/followed-files.ts";
import type { Json } from "../life/json.ts";
import type { Life } from "../life/life.ts";
import type { Living } from "../life/living.ts";
import { messageOf } from "../life/message-of.ts";
import { StartError } from "../life/start-error.ts";
import { type GeoDatabase, readDatabase } from "./database.ts";
import { type AutonomousSystem, autonomousSystemOf, countryOf } from "./records.ts";

export interface GeoConfig {
  readonly country: GeoFile | null;
  readonly as: GeoFile | null;
}

export interface GeoFile {
  readonly file: string;
  readonly at: Place;
}

export const createGeo = (config: GeoConfig): Geo => new Geo(config);

/** Bytes of a database at most; each process holds it in memory. */
const mostBytes = 512 * 1024 * 1024;
/** Addresses that are remembered, in each half. */
const mostAddresses = 8_192;

/** Where addresses are, by databases of the user that each process reads and follows for itself. */
export class Geo implements Living {
  declare readonly __resource: "geo";
  readonly name = "geo";
  readonly required = true;
  readonly #country: Followed<string> | undefined;
  readonly #as: Followed<AutonomousSystem> | undefined;

  constructor({ country, as }: GeoConfig) {
    if (country !== null) this.#country = new Followed(country, countryOf, "`country.iso_code`");
    if (as !== null) this.#as = new Followed(as, autonomousSystemOf, "`autonomous_system_number`");
  }

  /** ISO 3166-1 alpha-2. */
  country(address: string): string | undefined {
    return this.#country?.of(address);
  }

  asn(address: string): number | undefined {
    return this.#as?.of(address)?.asn;
  }

  asOrganization(address: string): string | undefined {
    return this.#as?.of(address)?.organization;
  }

  async start(life: Life): Promise<void> {
    await this.#country?.start(life);
    await this.#as?.start(life);
  }

  state(): Json {
    return {
      ...(this.#country === undefined ? {} : { country: this.#country.state() }),
      ...(this.#as === undefined ? {} : { as: this.#as.state() }),
    };
  }
}

/** One database. What cannot be used changes nothing. */
class Followed<Facts> {
  readonly #file: GeoFile;
  readonly #files: FollowedBytes<GeoDatabase<Facts>>;
  #database: GeoDatabase<Facts> | undefined = undefined;
  /** In two halves: what is used moves to the younger one, and the older one is dropped when the younger is full. */
  #young = new Map<string, Facts | undefined>();
  #old = new Map<string, Facts | undefined>();

  constructor(file: GeoFile, factsOf: (record: unknown) => Facts | undefined, wanted: string) {
    this.#file = file;
    this.#files = new FollowedBytes({
      paths: [file.file],
      what: `the database of ${file.at}`,
      maxBytes: mostBytes,
      parse: ([bytes]) => readDatabase(bytes!, factsOf, wanted),
      apply: (database) => {
        this.#database = database;
        this.#young = new Map();
        this.#old = new Map();
      },
    });
  }

  of(address: string): Facts | undefined {
    const facts = this.#young.get(address);
    if (facts !== undefined || this.#young.has(address)) return facts;
    const found = this.#old.has(address) ? this.#old.get(address) : this.#database?.of(address);
    if (this.#young.size >= mostAddresses) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(keptText(address), found);
    return found;
  }

  async start(life: Life): Promise<void> {
    const { at, file } = this.#file;
    try {
      await this.#files.first();
    } catch (error) {
      throw new StartError(
        `${at}: ${messageOf(error)}. Without the database ${file} nobody knows where clients are: get a current one in MaxMind DB format (.mmdb), and mount it there.`,
      );
    }
    this.#files.follow(life);
  }

  state(): Json {
    const { problem } = this.#files;
    return {
      file: this.#file.file,
      type: this.#database?.type ?? "",
      builtAt: this.#database?.builtAt.toISOString() ?? "",
      ...(problem === undefined ? {} : { problem }),
    };
  }
}
