import { parseJson } from "./json.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Bytes of one line, and of the data of one event, that are looked at. */
const longest = 65_536;

/**
 * Reads an event stream (WHATWG HTML §9.2.6) as it passes and keeps the data of the last event that has what is looked for:
 * one line and two events of bounded length, however long the stream is.
 */
export class EventStreamReader {
  readonly #names: readonly (readonly string[])[];
  /** The begin of a line of which the end has not come. */
  #line: Buffer[] = [];
  #lineLength = 0;
  #isLineLost = false;
  /** A line feed belongs to the carriage return before it. */
  #isAfterReturn = false;
  #isFirstLine = true;
  /** Lines of data of the event that is being read. */
  #data: string[] = [];
  #dataLength = 0;
  #isEventLost = false;
  #found: string | undefined = undefined;

  /** @param paths see `AnswerValueConfig` */
  constructor(paths: readonly (readonly string[])[]) {
    this.#names = paths.map((path) => path.map((name) => JSON.stringify(name)));
  }

  add(buffer: Buffer, start: number, end: number): void {
    let from = start;
    for (let at = start; at < end; at++) {
      const byte = buffer[at];
      if (byte !== lineFeed && byte !== carriageReturn) {
        this.#isAfterReturn = false;
        continue;
      }
      const isSecond = byte === lineFeed && this.#isAfterReturn && at === from;
      this.#isAfterReturn = byte === carriageReturn;
      if (!isSecond) {
        this.#keep(buffer, from, at);
        this.#endLine();
      }
      from = at + 1;
    }
    this.#keep(buffer, from, end);
  }

  #keep(buffer: Buffer, start: number, end: number): void {
    if (end <= start || this.#isLineLost) return;
    this.#lineLength += end - start;
    this.#isLineLost = this.#lineLength > longest;
    if (this.#isLineLost) this.#line = [];
    else this.#line.push(Buffer.from(buffer.subarray(start, end)));
  }

  #endLine(): void {
    const isLost = this.#isLineLost;
    const whole = this.#line.length === 1 ? this.#line[0]! : Buffer.concat(this.#line);
    this.#line = [];
    this.#lineLength = 0;
    this.#isLineLost = false;
    if (isLost) {
      this.#isEventLost = true;
      return;
    }
    const text = whole.toString("utf8");
    const line = this.#isFirstLine && text.startsWith("\ufeff") ? text.slice(1) : text;
    this.#isFirstLine = false;
    if (line === "") this.#endEvent();
    else if (line.startsWith("data:")) this.#addData(line.slice(line[5] === " " ? 6 : 5));
    else if (line === "data") this.#addData("");
  }

  #addData(line: string): void {
    this.#dataLength += line.length;
    if (this.#dataLength > longest) this.#isEventLost = true;
    else this.#data.push(line);
  }

  #endEvent(): void {
    if (!this.#isEventLost && this.#data.length > 0) {
      const data = this.#data.length === 1 ? this.#data[0]! : this.#data.join("\n");
      if (this.#names.length === 0 || this.#names.some((path) => path.every((name) => data.includes(name)))) this.#found = data;
    }
    this.#data = [];
    this.#dataLength = 0;
    this.#isEventLost = false;
  }

  /** The value of the last whole event that has what is looked for. */
  last(): unknown {
    return this.#found === undefined ? undefined : parseJson(Buffer.from(this.#found, "utf8")).value;
  }
}
