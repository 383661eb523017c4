import { maps, type Reads } from "../ir/expression.ts";

/** Gathers what an expression looks at. */
export class ReadsCollector {
  readonly #headers = new Set<string>();
  readonly #answerHeaders = new Set<string>();
  readonly #query = new Set<string>();
  readonly #params = new Set<string>();
  readonly #variables = new Set<string>();
  /** How often each is read as a whole, as it is at first, or by a name that is computed. */
  readonly #wholes = new Map<string, number>();

  variable(name: string): void {
    this.#variables.add(name);
    this.#wholes.set(name, (this.#wholes.get(name) ?? 0) + 1);
  }

  /** `part` is the field that is read; `"*"` for any. */
  part(variable: string, part: string): void {
    if (part === "*") return;
    this.#wholes.set(variable, (this.#wholes.get(variable) ?? 0) - 1);
    this.#note(variable, part);
  }

  #note(variable: string, part: string): void {
    if (variable === "request.headers") this.#headers.add(part.toLowerCase());
    if (variable === "response.headers") this.#answerHeaders.add(part.toLowerCase());
    if (variable === "request.query") this.#query.add(part);
    if (variable === "params") this.#params.add(part);
  }

  #isWhole(variable: string): boolean {
    return (this.#wholes.get(variable) ?? 0) > 0;
  }

  result(): Reads {
    for (const variable of this.#variables) if (this.#isWhole(variable)) this.#note(variable, "*");
    const names = [...this.#variables].sort();
    const whole = maps.filter((name) => this.#isWhole(name));
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
