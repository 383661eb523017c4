import type { Json } from "../../life/json.ts";
import type { Claimed, Claims, ClaimsIn, Term, Work } from "../claims.ts";
import { type Failed, type Given, isFailed } from "../store.ts";
import { LocalClaims } from "./local-claims.ts";
import type { Lent, MemoryStore } from "./memory-store.ts";

/** All claims of a store are in one place, and share its bound. */
export const createMemoryClaims = (): ClaimsIn => ({
  __made: true,
  // Which kind of store it is was settled when the gateway was built.
  open: (store, space) => new MemoryClaims(store as MemoryStore, space),
});

/** What processes ask the one that holds the claims of all of them. */
type Question =
  | readonly ["claim", key: string, owner: string, mark: string, lease: number, span: number, takesOver: boolean]
  | readonly ["extend", key: string, owner: string, mark: string, lease: number, span: number]
  | readonly ["keep", key: string, owner: string, mark: string, result: string, span: number]
  | readonly ["release", key: string, owner: string, mark: string];

class MemoryClaims implements Claims {
  readonly #ask: (question: Json) => Given<Json>;
  readonly #space: string;

  constructor(store: MemoryStore, space: string) {
    this.#ask = store.lend("claims", (maxBytes) => new HeldClaims(maxBytes));
    this.#space = space;
  }

  claim(key: string, { owner, mark }: Work, { lease, span }: Term, takesOver: boolean): Given<Claimed> {
    return this.#given<Claimed>(["claim", this.#full(key), owner, mark, lease, span, takesOver]);
  }

  extend(key: string, { owner, mark }: Work, { lease, span }: Term): Given<boolean> {
    return this.#given<boolean>(["extend", this.#full(key), owner, mark, lease, span]);
  }

  keep(key: string, { owner, mark }: Work, result: string, span: number): Given<boolean | "full"> {
    return this.#given<boolean | "full">(["keep", this.#full(key), owner, mark, result, span]);
  }

  release(key: string, { owner, mark }: Work): Given<boolean> {
    return this.#given<boolean>(["release", this.#full(key), owner, mark]);
  }

  #full(key: string): string {
    return `${this.#space} ${key}`;
  }

  /** The holder answers each question by its kind, or says that it failed. */
  #given<Value>(question: Question): Given<Value> {
    return this.#ask(question as Json) as Given<Value>;
  }
}

/** In the process that holds the store. */
class HeldClaims implements Lent {
  readonly #claims: LocalClaims;

  constructor(maxBytes: number) {
    this.#claims = new LocalClaims(maxBytes);
  }

  answer(asked: Json): Json {
    // Those who ask are of the same gateway.
    const question = asked as unknown as Question;
    const [, key, owner, mark] = question;
    const work = { owner, mark };
    switch (question[0]) {
      case "claim":
        return asJson(this.#claims.claim(key, work, { lease: question[4], span: question[5] }, question[6]));
      case "extend":
        return this.#claims.extend(key, work, { lease: question[4], span: question[5] });
      case "keep":
        return this.#claims.keep(key, work, question[4], question[5]);
      case "release":
        return this.#claims.release(key, work);
    }
  }
}

const asJson = (claimed: Claimed | Failed): Json => (isFailed(claimed) ? { failed: claimed.failed } : { ...claimed });
