import type { Reads } from "../ir/expression.ts";

/** Gathers what an expression looks at. */
export class ReadsCollector {
  readonly #headers = new Set<string>();
  readonly #answerHeaders = new Set<string>();
  readonly #query = new Set<string>();
  readonly #params = new Set<string>();
  readonly #variables = new Set<string>();
  /** How often they are looked at as a whole: each of them is at first. */
  readonly #wholes = new Map<string, number>();

  variable(name: string): void {
    this.#variables.add(name);
    this.#wholes.set(name, (this.#wholes.get(name) ?? 0) + 1);
  }

  /** `part` is the field that is read; `"*"` for any. */
  part(variable: string, part: string): void {
    this.#wholes.set(variable, (this.#wholes.get(variable) ?? 0) - 1);
    this.#note(variable, part);
  }

  #note(variable: string, part: string): void {
    if (variable === "request.headers") this.#headers.add(part.toLowerCase());
    if (variable === "response.headers") this.#answerHeaders.add(part.toLowerCase());
    if (variable === "request.query") this.#query.add(part);
    if (variable === "params") this.#params.add(part);
  }

  result(): Reads {
    for (const [variable, count] of this.#wholes) if (count > 0) this.#note(variable, "*");
    const names = [...this.#variables].sort();
    return {
      headers: [...this.#headers].sort(),
      ...(this.#answerHeaders.size === 0 ? {} : { answerHeaders: [...this.#answerHeaders].sort() }),
      query: [...this.#query].sort(),
      params: [...this.#params].sort(),
      body: names.includes("body"),
      identity: names.some((name) => name.startsWith("identity.")),
      peer: names.some((name) => name.startsWith("peer.")),
      now: names.includes("now"),
      variables: names,
    };
  }
}
