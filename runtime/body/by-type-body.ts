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

  reads(media: MediaType): boolean {
    return isJson(media) || isText(media);
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    if (isJson(media)) return this.#json.read(bytes, media);
    return isText(media) ? this.#text.read(bytes, media) : parsed(undefined);
  }
}

const isJson = ({ subtype }: MediaType): boolean =>
  subtype === "json" || (subtype.endsWith("+json") && subtype !== "stream+json");

const isText = ({ type, subtype }: MediaType): boolean => type === "text" && subtype !== "xml" && subtype !== "event-stream";
