import { isAscii, isUtf8 } from "node:buffer";
import { JsonScan } from "./json-scan.ts";
import { parseStrictly } from "./json-strict.ts";
import { isWhole } from "./json-tally.ts";
import { malformed, type Parsed, parsed } from "./malformed.ts";

/** Levels of nesting that a body may have unless a policy says otherwise. */
export const defaultMaxDepth = 100;

export interface JsonLimits {
  /** Containers inside each other. */
  readonly maxDepth?: number;
  /** Integers that no double holds become bigints; else they are rounded. */
  readonly exactIntegers?: boolean;
}

/**
 * JSON in bodies (RFC 8259), read so that nobody behind the gateway can read it otherwise:
 *
 * - UTF-8 only, without byte order mark (§8.1 lets a parser ignore one; many services do not);
 * - no key twice in one object, whatever the escapes it is written with (§4 leaves open which of them counts);
 * - no key `__proto__`;
 * - no number beyond the range of a double, which would be read as infinity;
 * - at most `maxDepth` containers inside each other.
 *
 * With `exactIntegers`, integers that no double holds (most beyond 2^53) are bigints, so that bounds and `format: int64`
 * are judged by what was sent: JavaScript compares bigints and doubles exactly. All other numbers are doubles, also those
 * beyond 2^53 that are written with a fraction or an exponent. Without it such integers are rounded for the judgement;
 * what is forwarded are the bytes as sent in either case. Escaped surrogates without
 * their other half are taken, as every JSON parser takes them.
 *
 * One reader serves one gateway; it keeps scratch space between bodies.
 */
export class JsonReader {
  readonly #maxDepth: number;
  readonly #isExact: boolean;
  /** Made for the first text with an escape. */
  #scan: JsonScan | undefined = undefined;

  constructor({ maxDepth = defaultMaxDepth, exactIntegers = false }: JsonLimits = {}) {
    this.#maxDepth = maxDepth;
    this.#isExact = exactIntegers;
  }

  parse(bytes: Uint8Array): Parsed {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text: string;
    if (isAscii(buffer)) text = buffer.toString("latin1");
    else {
      if (!isUtf8(buffer)) return malformed("The JSON text is not valid UTF-8.");
      if (buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf)
        return malformed("The JSON text begins with a byte order mark, which it must not.");
      text = buffer.toString("utf8");
    }
    const hasEscapes = text.includes("\\");
    if (hasEscapes ? this.#isPlain(buffer) : !text.includes("__proto__")) {
      const value = parsedOrUndefined(text);
      if (value !== undefined && (hasEscapes || isWhole(buffer, value, this.#maxDepth))) return parsed(value);
    }
    return parseStrictly(text, this.#maxDepth, this.#isExact);
  }

  #isPlain(bytes: Uint8Array): boolean {
    this.#scan ??= new JsonScan(this.#maxDepth);
    return this.#scan.isPlain(bytes);
  }
}

/** The messages of the engine differ from version to version and quote the text: ours is made by the strict parser. */
function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `JsonReader` for one text. */
export const parseJson = (bytes: Uint8Array, limits: JsonLimits = {}): Parsed => new JsonReader(limits).parse(bytes);
