/** How often each of a few names was met. They are constants of the gateway, so that comparing them is cheap. */
export class Tally {
  readonly names: string[] = [];
  readonly counts: number[] = [];

  count(name: string): void {
    const { names } = this;
    for (let index = 0; index < names.length; index++) {
      if (names[index] === name) {
        this.counts[index]!++;
        return;
      }
    }
    names.push(name);
    this.counts.push(1);
  }
}
