import { maps, type Reads } from "../ir/expression.ts";

/** Gathers what an expression looks at. */
export class ReadsCollector {
  readonly #headers = new Set<string>();
  readonly #answerHeaders = new Set<string>();
  readonly #query = new Set<string>();
  readonly #params = new Set<string>();
  /** How often each is read, and how often a part of it that has a name. */
  readonly #variables = new Map<string, number>();
  readonly #named = new Map<string, number>();

  variable(name: string): void {
    this.#variables.set(name, (this.#variables.get(name) ?? 0) + 1);
  }

  /** `part` is the field that is read; `"*"` for any. */
  part(variable: string, part: string): void {
    if (part !== "*") this.#named.set(variable, (this.#named.get(variable) ?? 0) + 1);
    if (variable === "request.headers") this.#headers.add(part.toLowerCase());
    if (variable === "response.headers") this.#answerHeaders.add(part.toLowerCase());
    if (variable === "request.query") this.#query.add(part);
    if (variable === "params") this.#params.add(part);
  }

  result(): Reads {
    const names = [...this.#variables.keys()].sort();
    const whole = maps.filter((name) => (this.#variables.get(name) ?? 0) > (this.#named.get(name) ?? 0));
    return {
      headers: [...this.#headers].sort(),
      ...(this.#answerHeaders.size === 0 ? {} : { answerHeaders: [...this.#answerHeaders].sort() }),
      query: [...this.#query].sort(),
      params: [...this.#params].sort(),
      ...(whole.length === 0 ? {} : { whole }),
      body: names.includes("body"),
      identity: names.some((name) => name.startsWith("identity.")),
      peer: names.some((name) => name.startsWith("peer.")),
      now: names.includes("now"),
      variables: names,
    };
  }
}
