import { keptText } from "../../exchange/kept-text.ts";
import type { TokenHeader } from "./read-jws.ts";

/** Longer ones are read each time. */
const longest = 1_024;

/**
 * The header that was read last: all tokens that an issuer signs with one key begin with the same text, and to read it
 * costs a third of reading a token. Only headers whose form is right are kept, whoever sent them: what they say is as true
 * as it was, and nobody writes to them.
 */
export class HeaderMemory {
  #written = "";
  #header: TokenHeader | undefined;

  get(written: string): TokenHeader | undefined {
    return written === this.#written ? this.#header : undefined;
  }

  keep(written: string, header: TokenHeader): void {
    if (written.length > longest) return;
    this.#written = keptText(written);
    this.#header = header;
  }
}
