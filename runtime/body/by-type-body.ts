import type { BodyFormat } from "./body-format.ts";
import { createJsonBody, type JsonBodyConfig } from "./json-body.ts";
import { type Parsed, parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";
import { createTextBody, type TextBodyConfig } from "./text-body.ts";

export interface ByTypeBodyConfig extends JsonBodyConfig, TextBodyConfig {}

export const createByTypeBody = (config: ByTypeBodyConfig): ByTypeBody => new ByTypeBody(config);

/** What a range declares: read by the media type that is sent. Of what is neither JSON nor text there is no value. */
class ByTypeBody implements BodyFormat {
  /** An empty text is as good a body as any. */
  readonly isNeverEmpty = false;
  readonly #json: BodyFormat;
  readonly #text: BodyFormat;

  constructor(config: ByTypeBodyConfig) {
    this.#json = createJsonBody(config);
    this.#text = createTextBody(config);
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    if (media.subtype === "json" || media.subtype.endsWith("+json")) return this.#json.read(bytes, media);
    return media.type === "text" && media.subtype !== "xml" ? this.#text.read(bytes, media) : parsed(undefined);
  }
}
