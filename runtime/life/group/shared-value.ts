/**
 * One `latest` topic of a process among several. The primary puts what all publish in one order, by versions; what this
 * process published has its place there only when the primary has said so, and until then what comes from others waits:
 * either it was before, and is no news, or it is the newer one.
 */
export class SharedValue {
  #version = 0;
  /** The last publication of this process, and whether it has its place. */
  #published = 0;
  #isSettled = true;
  #held: { readonly version: number; readonly body: string } | undefined = undefined;

  publish(id: number): void {
    this.#published = id;
    this.#isSettled = false;
  }

  /** A value of another process: what is to be shown of it now. */
  came(version: number, body: string): string | undefined {
    if (!this.#isSettled) {
      if (version > (this.#held?.version ?? 0)) this.#held = { version, body };
      return undefined;
    }
    if (version <= this.#version) return undefined;
    this.#version = version;
    return body;
  }

  /** A publication of this process has its place: what came meanwhile and is newer. */
  settle(id: number, version: number): string | undefined {
    // Only the last one counts; those before were replaced on their way.
    if (id !== this.#published) return undefined;
    this.#isSettled = true;
    this.#version = Math.max(this.#version, version);
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? undefined : this.came(held.version, held.body);
  }
}
