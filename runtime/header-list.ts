/**
 * Field lines of a message in their order and spelling (RFC 9110 §5). Names are looked up without regard to case;
 * callers pass lower-case names.
 */
export class HeaderList {
  /** Name and value alternate, as sent: the form in which Node and undici hand them over and take them back. */
  readonly lines: string[];

  constructor(lines: string[] = []) {
    this.lines = lines;
  }

  /** First value of the field, or undefined. */
  get(name: string): string | undefined {
    const { lines } = this;
    for (let index = 0; index < lines.length; index += 2) {
      if (isName(lines[index]!, name)) return lines[index + 1];
    }
    return undefined;
  }

  /** All values of the field in order. */
  all(name: string): string[] {
    const { lines } = this;
    const values: string[] = [];
    for (let index = 0; index < lines.length; index += 2) {
      if (isName(lines[index]!, name)) values.push(lines[index + 1]!);
    }
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Replaces every line of the field by one, at the place of the first. `name` is spelt as it shall be sent. */
  set(name: string, value: string): void {
    const { lines } = this;
    const lower = name.toLowerCase();
    for (let index = 0; index < lines.length; index += 2) {
      if (isName(lines[index]!, lower)) {
        lines[index] = name;
        lines[index + 1] = value;
        this.#deleteFrom(index + 2, lower);
        return;
      }
    }
    lines.push(name, value);
  }

  /** Adds a line after all others. */
  add(name: string, value: string): void {
    this.lines.push(name, value);
  }

  delete(name: string): void {
    this.#deleteFrom(0, name);
  }

  copy(): HeaderList {
    return new HeaderList(this.lines.slice());
  }

  #deleteFrom(start: number, name: string): void {
    const { lines } = this;
    let kept = start;
    for (let index = start; index < lines.length; index += 2) {
      if (isName(lines[index]!, name)) continue;
      lines[kept] = lines[index]!;
      lines[kept + 1] = lines[index + 1]!;
      kept += 2;
    }
    lines.length = kept;
  }
}

/** Compares a field name as sent with a lower-case one. */
function isName(sent: string, lower: string): boolean {
  return sent.length === lower.length && (sent === lower || sent.toLowerCase() === lower);
}
