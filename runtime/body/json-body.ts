import type { BodyFormat } from "./body-format.ts";
import { wrongCharset } from "./charset.ts";
import { type JsonLimits, JsonReader } from "./json.ts";
import type { Parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";

export type JsonBodyConfig = JsonLimits;

export const createJsonBody = (config: JsonBodyConfig): JsonBody => new JsonBody(config);

/** `application/json` and what ends in `+json`. */
class JsonBody implements BodyFormat {
  readonly isNeverEmpty = true;
  readonly #reader: JsonReader;

  constructor(config: JsonBodyConfig) {
    this.#reader = new JsonReader(config);
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    if (media.parameters.length > 0) {
      const wrong = wrongCharset(media);
      if (wrong !== undefined) return wrong;
    }
    return this.#reader.parse(bytes);
  }
}
