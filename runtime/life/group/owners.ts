/** A process that can do the work of things. */
export interface Candidate {
  readonly id: number;
  /** Things whose work it can do. */
  readonly owned: ReadonlySet<string>;
  /** Of the builds that have followed each other, the later is to be preferred. */
  readonly generation: number;
  readonly serves: boolean;
}

/** Who is told, and what. */
export interface OwnerListener {
  begin(id: number, name: string): void;
  end(id: number, name: string): void;
}

/**
 * Names one process for each thing whose work one does for all. Nobody fights for it and nothing runs out: whoever is named
 * is it until the process ends, or another is named.
 */
export class Owners {
  readonly #listener: OwnerListener;
  readonly #owners = new Map<string, number>();

  constructor(listener: OwnerListener) {
    this.#listener = listener;
  }

  of(name: string): number | undefined {
    return this.#owners.get(name);
  }

  /** Names one for each thing that has none. `among`: those that may be named, now. */
  name(among: readonly Candidate[]): void {
    const names = new Set(among.flatMap(({ owned }) => [...owned]));
    for (const [name, id] of this.#owners) {
      // Who may not be named any more has to leave off; who is gone is not there to be told.
      if (among.some((one) => one.id === id)) continue;
      const next = this.#choose(name, among);
      if (next === undefined) this.#owners.delete(name);
      else this.#give(name, next.id);
      this.#listener.end(id, name);
    }
    for (const name of names) {
      const next = this.#owners.has(name) ? undefined : this.#choose(name, among);
      if (next !== undefined) this.#give(name, next.id);
    }
  }

  /** Gives work to one that has just begun to serve, from those that have two things more than it, or more. */
  spread(among: readonly Candidate[], fresh: Candidate): void {
    const peers = among.filter(({ generation }) => generation === fresh.generation);
    for (const [name, id] of [...this.#owners]) {
      if (!fresh.owned.has(name) || !peers.some((peer) => peer.id === id)) continue;
      if (this.#load(id) - this.#load(fresh.id) < 2) continue;
      this.#give(name, fresh.id);
      this.#listener.end(id, name);
    }
  }

  #choose(name: string, among: readonly Candidate[]): Candidate | undefined {
    return among
      .filter(({ owned }) => owned.has(name))
      .toSorted(
        (one, other) =>
          Number(other.serves) - Number(one.serves) ||
          other.generation - one.generation ||
          this.#load(one.id) - this.#load(other.id) ||
          one.id - other.id,
      )[0];
  }

  #give(name: string, id: number): void {
    this.#owners.set(name, id);
    this.#listener.begin(id, name);
  }

  #load(id: number): number {
    let load = 0;
    for (const owner of this.#owners.values()) if (owner === id) load++;
    return load;
  }
}
