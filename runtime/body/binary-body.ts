import type { BodyFormat } from "./body-format.ts";
import { type Parsed, parsed } from "./malformed.ts";

export const createBinaryBody = (): BinaryBody => new BinaryBody();

/** Any bytes: a text of one character an octet, so that `minLength` and `maxLength` count octets. */
class BinaryBody implements BodyFormat {
  readonly isNeverEmpty = false;

  read(bytes: Uint8Array): Parsed {
    return parsed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"));
  }
}
