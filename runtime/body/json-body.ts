import type { BodyFormat } from "./body-format.ts";
import { wrongCharset } from "./charset.ts";
import { defaultMaxDepth, type JsonLimits, JsonReader } from "./json.ts";
import type { Parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";

export type JsonBodyConfig = JsonLimits;

export const createJsonBody = (config: JsonBodyConfig): JsonBody => new JsonBody(config);

/** `application/json` and what ends in `+json`. */
class JsonBody implements BodyFormat {
  readonly isNeverEmpty = true;
  readonly #reader: JsonReader;
  /** Of integers that are exact; 0: they are not. */
  readonly #exactDepth: number;

  constructor(config: JsonBodyConfig) {
    this.#reader = new JsonReader(config);
    this.#exactDepth = config.exactIntegers === true ? (config.maxDepth ?? defaultMaxDepth) : 0;
  }

  read(bytes: Uint8Array, media: MediaType, json?: (maxDepth: number) => Parsed | undefined): Parsed {
    if (media.parameters.length > 0) {
      const wrong = wrongCharset(media);
      if (wrong !== undefined) return wrong;
    }
    const known = this.#exactDepth === 0 ? undefined : json?.(this.#exactDepth);
    return known ?? this.#reader.parse(bytes);
  }
}
