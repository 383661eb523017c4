/** Which origins may call: serialised origins (RFC 6454 §6.2) and `https://*.example.com` patterns. */
export class OriginList {
  readonly #exact: Set<string>;
  readonly #patterns: readonly { readonly prefix: string; readonly suffix: string }[];

  /** Throws where an entry, perhaps read from the environment, is no origin. `policy` is who asked for them. */
  constructor(entries: readonly string[], policy: string) {
    this.#exact = new Set();
    const patterns: { prefix: string; suffix: string }[] = [];
    for (const entry of entries) {
      const star = entry.indexOf("*");
      const sample = star < 0 ? entry : `${entry.slice(0, star)}any${entry.slice(star + 1)}`;
      if (!URL.canParse(sample) || new URL(sample).origin !== sample || (star >= 0 && !entry.includes("://*."))) {
        throw new Error(
          `${policy}: \`${entry}\` is no origin. Write scheme, host and, where it is not the default, port: https://shop.example.com`,
        );
      }
      if (star < 0) this.#exact.add(entry);
      else patterns.push({ prefix: entry.slice(0, star), suffix: entry.slice(star + 1) });
    }
    this.#patterns = patterns;
  }

  has(origin: string): boolean {
    if (this.#exact.has(origin)) return true;
    const patterns = this.#patterns;
    for (let index = 0; index < patterns.length; index++) {
      const { prefix, suffix } = patterns[index]!;
      if (
        origin.length > prefix.length + suffix.length &&
        origin.startsWith(prefix) &&
        origin.endsWith(suffix) &&
        isHostText(origin, prefix.length, origin.length - suffix.length)
      ) {
        return true;
      }
    }
    return false;
  }
}

/** Lower-case letters, digits, `-` and single dots: no way to smuggle user information or a second authority in. */
function isHostText(text: string, start: number, end: number): boolean {
  let before = 0x2e;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    const isName = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
    if (!isName && (code !== 0x2e || before === 0x2e)) return false;
    before = code;
  }
  return before !== 0x2e;
}
