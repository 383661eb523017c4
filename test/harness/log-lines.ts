/** Lines that arrive over time, to be taken one by one in order. */
export class LogLines {
  readonly #ready: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #rest = "";

  /** Any piece of the text; lines may be split between pieces. */
  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#ready.push(line);
      else waiting(line);
    }
  }

  /** The next line, as soon as there is one. */
  next(): Promise<string> {
    const line = this.#ready.shift();
    return line === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(line);
  }

  /** Forgets the lines that nobody took. */
  clear(): void {
    this.#ready.length = 0;
  }

  /** Lines that nobody took. */
  get left(): readonly string[] {
    return this.#ready;
  }
}
