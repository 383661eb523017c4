/** Numbers, one behind the other. */
export class NumberList {
  numbers: Float64Array<ArrayBufferLike>;
  end = 0;

  /** @param numbers what it writes to, until that is full: then it goes on with a copy of its own */
  constructor(numbers: Float64Array<ArrayBufferLike> = new Float64Array(4_096)) {
    this.numbers = numbers;
  }

  push(number: number): void {
    if (this.end === this.numbers.length) this.#grow(1);
    this.numbers[this.end++] = number;
  }

  pushAll(numbers: Float64Array): void {
    if (this.end + numbers.length > this.numbers.length) this.#grow(numbers.length);
    // They are few: to call `set` for them takes longer.
    for (let index = 0; index < numbers.length; index++) this.numbers[this.end++] = numbers[index]!;
  }

  #grow(by: number): void {
    const grown = new Float64Array(Math.max(this.numbers.length * 2, this.end + by));
    grown.set(this.numbers);
    this.numbers = grown;
  }
}
