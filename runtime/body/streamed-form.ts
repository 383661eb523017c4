import type { BodyScreen, Exchange } from "../exchange/exchange.ts";
import type { BodyFormat, BodyJudge } from "./body-format.ts";
import { malformed, type Parsed, tooLarge } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";
import { boundaryOf, createMultipartBody, FormParts, type MultipartBodyConfig, noBoundary } from "./multipart-body.ts";
import { MultipartReader } from "./multipart-reader.ts";

/** Bytes of a form that are held before it is judged again. */
const judgedEach = 65_536;

export interface StreamedFormConfig extends MultipartBodyConfig {
  /** Properties that are files, of whose content the schema says nothing. */
  readonly files: readonly string[];
}

export const createStreamedForm = (config: StreamedFormConfig): StreamedForm => new StreamedForm(config);

/** `multipart/form-data` with files that stream through. A short one is read as a whole, before anything of it goes on. */
class StreamedForm implements BodyFormat {
  readonly isNeverEmpty = true;
  readonly #config: StreamedFormConfig;
  readonly #whole: BodyFormat;

  constructor(config: StreamedFormConfig) {
    this.#config = config;
    this.#whole = createMultipartBody(config);
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    return this.#whole.read(bytes, media);
  }

  screen(media: MediaType, judge: BodyJudge): FormScreen | Parsed<never> {
    const boundary = boundaryOf(media);
    return boundary === undefined ? noBoundary() : new FormScreen(this.#config, boundary, judge);
  }
}

/**
 * Lets a form pass as it comes, and only as far as it is valid: bytes go on while everything before them makes a valid
 * form, with the files that are still to come. So a service sees the begin of a form that is refused later, but nothing
 * that made it so, and never its end.
 */
export class FormScreen implements BodyScreen {
  readonly #config: StreamedFormConfig;
  readonly #parts: FormParts;
  readonly #reader: MultipartReader;
  readonly #judge: BodyJudge;
  /** Parts when the form was judged last, and how. */
  #judged = -1;
  #isGood = false;
  /** Bytes that are held. */
  #length = 0;

  constructor(config: StreamedFormConfig, boundary: string, judge: BodyJudge) {
    this.#config = config;
    this.#parts = new FormParts(config);
    this.#reader = new MultipartReader(boundary, config, this.#parts);
    this.#judge = judge;
  }

  get kept(): number {
    return this.#parts.bytes;
  }

  look(held: Buffer): boolean {
    this.#length = held.length;
    return this.#reader.look(held) && !this.#isTooLarge;
  }

  end(held: Buffer): boolean {
    return this.#reader.end(held) && !this.#isTooLarge && this.#isFit([]);
  }

  get passable(): number {
    const { hasStreamed, settled } = this.#reader;
    if (!hasStreamed || settled === 0) return 0;
    if (this.#judged !== this.#parts.count) {
      // A form is judged once for each so many bytes: one that comes in little parts would be judged for each of them.
      if (this.#judged >= 0 && this.#length < judgedEach) return 0;
      this.#judged = this.#parts.count;
      this.#isGood = this.#isFit([]) || this.#isFit(this.#config.files);
    }
    return this.#isGood ? settled : 0;
  }

  pass(bytes: number): void {
    this.#length -= bytes;
    this.#reader.pass(bytes);
  }

  refuse(x: Exchange): boolean {
    return this.#judge.refuse(x, this.#read());
  }

  /** The form as far as it has come, or why there is none. */
  #read(): Parsed {
    const { problem } = this.#reader;
    if (problem !== undefined) return malformed(problem);
    return this.#isTooLarge ? tooLarge("The fields of the form are larger than what is held.") : this.#parts.value();
  }

  get #isTooLarge(): boolean {
    return this.#parts.bytes > this.#config.maxPartBytes;
  }

  #isFit(expected: readonly string[]): boolean {
    const { value, violations } = this.#parts.value(expected);
    return violations === undefined && this.#judge.isValid(value);
  }
}
