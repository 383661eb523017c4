import { createHash, type Hash } from "node:crypto";
import { ByteCollector } from "../../../body/byte-collector.ts";
import { contentCodings, decodeContent } from "../../../body/content-coding.ts";
import type { Hold } from "../../../body/hold.ts";
import { isJson, mediaTypeOf } from "../../../body/json-type.ts";
import type { HeaderList } from "../../../fields/header-list.ts";

/** Why an answer cannot be compared, as far as it lies in the answer. */
export type Unfit = "coding" | "memory" | "size" | "stream";

export interface SideConfig {
  /** Header fields that are compared, in lower case. */
  readonly fields: readonly string[];
  readonly body: boolean;
  /** Most bytes of a body, also decoded. */
  readonly maxBody: number;
}

/** A block that a collector may take beside the bytes themselves. */
const block = 65_536;

/**
 * One of two answers, as it comes: what of it is compared. A body is kept only where it has to be, because it is JSON or has a
 * content coding; of others there is a digest.
 */
export class AnswerSide {
  status = 0;
  /** Values of the compared fields, in their order. */
  fields: readonly (string | undefined)[] = [];
  isJson = false;
  isWhole = false;
  readonly #config: SideConfig;
  readonly #hold: Hold;
  #codings: string | undefined = undefined;
  #kept: ByteCollector | undefined = undefined;
  #hash: Hash | undefined = undefined;
  #length = 0;

  constructor(config: SideConfig, hold: Hold) {
    this.#config = config;
    this.#hold = hold;
  }

  get hasBegun(): boolean {
    return this.status !== 0;
  }

  /** `hasBody`: some may come (RFC 9110 §6.4.1). */
  begin(status: number, headers: HeaderList, hasBody: boolean): Unfit | undefined {
    const { fields, body, maxBody } = this.#config;
    this.status = status;
    this.fields = fields.map((name) => valueOf(headers, name));
    if (!hasBody) this.isWhole = true;
    if (!hasBody || !body) return undefined;
    const mediaType = mediaTypeOf(headers);
    if (mediaType === "text/event-stream") return "stream";
    if (Number(headers.get("content-length") ?? 0) > maxBody) return "size";
    this.isJson = isJson(mediaType);
    const codings = contentCodings(headers);
    if (codings !== undefined && codings.trim().toLowerCase() !== "identity") this.#codings = codings;
    if (this.isJson || this.#codings !== undefined) this.#kept = new ByteCollector(this.#hold, -1);
    else this.#hash = createHash("sha256");
    return undefined;
  }

  /** The bytes are gone after the call. */
  piece(buffer: Buffer, start: number, end: number): Unfit | undefined {
    if (!this.#config.body) return undefined;
    const length = end - start;
    this.#length += length;
    if (this.#length > this.#config.maxBody) return "size";
    this.#hash?.update(buffer.subarray(start, end));
    if (this.#kept === undefined) return undefined;
    return length + block > this.#hold.left || !this.#kept.add(buffer, start, end) ? "memory" : undefined;
  }

  /** Bytes without their content coding, where they were kept. */
  decoded(): Uint8Array | Unfit | undefined {
    if (this.#kept === undefined) return undefined;
    const { value, problem } = decodeContent(this.#kept.bytes, this.#codings, this.#config.maxBody);
    return problem === undefined ? value : problem.isTooLarge === true ? "size" : "coding";
  }

  /** Of the body without its content coding; `decoded`: as `decoded` has it. */
  digest(decoded: Uint8Array | undefined): string {
    const hash = decoded === undefined ? (this.#hash ?? createHash("sha256")) : createHash("sha256").update(decoded);
    return hash.digest("base64url");
  }

  letGo(): void {
    this.#kept?.clear();
    this.#kept = undefined;
    this.#hash = undefined;
  }
}

/** Media types are compared without regard to case and to white space between parameters (RFC 9110 §8.3.1). */
function valueOf(headers: HeaderList, name: string): string | undefined {
  const value = headers.get(name);
  if (name !== "content-type" || value === undefined) return value;
  const parts = value.toLowerCase().split(";");
  return parts.map((part) => part.trim()).join(";");
}
