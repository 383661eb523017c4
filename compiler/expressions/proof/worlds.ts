/** Choices that were tried before a proof is given up. */
const mostWorlds = 1000;

/**
 * One way things can be: what is not known is chosen when it is first asked for, and stays. Between runs the last
 * choice moves on, so that every combination that matters comes up once.
 */
export class World {
  readonly #path: { at: number; readonly options: number }[] = [];
  readonly #chosen = new Map<string, unknown>();
  #depth = 0;

  choose<Value>(key: string, options: readonly [Value, ...Value[]]): Value {
    // A key is always asked for with the same options.
    if (this.#chosen.has(key)) return this.#chosen.get(key) as Value;
    const step = (this.#path[this.#depth] ??= { at: 0, options: options.length });
    this.#depth++;
    const value = options[step.at]!;
    this.#chosen.set(key, value);
    return value;
  }

  /** Turns to the next world; false where this was the last. */
  advance(): boolean {
    this.#chosen.clear();
    this.#depth = 0;
    for (let last = this.#path.at(-1); last !== undefined; last = this.#path.at(-1)) {
      last.at++;
      if (last.at < last.options) return true;
      this.#path.pop();
    }
    return false;
  }
}

/** Whether `holds` in every world; false also where there are too many to look at. */
export function inEveryWorld(holds: (world: World) => boolean): boolean {
  const world = new World();
  for (let count = 0; count < mostWorlds; count++) {
    if (!holds(world)) return false;
    if (!world.advance()) return true;
  }
  return false;
}
