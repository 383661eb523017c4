/** Numbers, one behind the other. */
export class NumberList {
  numbers = new Float64Array(4_096);
  end = 0;

  push(number: number): void {
    if (this.end === this.numbers.length) this.#grow(1);
    this.numbers[this.end++] = number;
  }

  pushAll(numbers: Float64Array): void {
    if (this.end + numbers.length > this.numbers.length) this.#grow(numbers.length);
    this.numbers.set(numbers, this.end);
    this.end += numbers.length;
  }

  #grow(by: number): void {
    const grown = new Float64Array(Math.max(this.numbers.length * 2, this.end + by));
    grown.set(this.numbers);
    this.numbers = grown;
  }
}
