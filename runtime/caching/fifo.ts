/** What stands in a queue, and knows its neighbours: it can leave from anywhere. */
export interface Queued<Self> {
  ahead: Self | undefined;
  behind: Self | undefined;
}

/** First in, first out. `size` is the sum of what its members say. */
export class Fifo<Member extends Queued<Member> & { readonly size: number }> {
  first: Member | undefined = undefined;
  #last: Member | undefined = undefined;
  size = 0;
  count = 0;

  add(member: Member): void {
    member.ahead = this.#last;
    member.behind = undefined;
    if (this.#last === undefined) this.first = member;
    else this.#last.behind = member;
    this.#last = member;
    this.size += member.size;
    this.count++;
  }

  remove(member: Member): void {
    const { ahead, behind } = member;
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    member.ahead = member.behind = undefined;
    this.size -= member.size;
    this.count--;
  }
}
