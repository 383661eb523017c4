import { readScalar } from "../parameters/scalars.ts";
import type { BodyFormat } from "./body-format.ts";
import { decodeText } from "./charset.ts";
import { type Parsed, parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";

export interface TextBodyConfig {
  /** Types that the schema allows, as `Shape.scalar` of parameters; 16 for text. */
  readonly scalar: number;
}

export const createTextBody = (config: TextBodyConfig): TextBody => new TextBody(config);

/** `text/*`: one text, or the number, boolean or null that it stands for where the schema asks for one. */
class TextBody implements BodyFormat {
  readonly isNeverEmpty = false;
  readonly #scalar: number;

  constructor(config: TextBodyConfig) {
    this.#scalar = config.scalar;
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    const text = decodeText(bytes, media);
    if (text.problem !== undefined || this.#scalar === 16) return text;
    const value = readScalar(text.value, this.#scalar, 0, null);
    return value === undefined ? text : parsed(value);
  }
}
