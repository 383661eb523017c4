import { deleteMatching } from "../fields/delete-matching.ts";
import type { HeaderList } from "../fields/header-list.ts";
import { fieldText } from "../http1/field-text.ts";
import { NameRules } from "../http1/name-rules.ts";
import { neverTrailers } from "./trailer-names.ts";

export interface TrailersConfig {
  /** Trailers of requests that the service gets. Lower case. */
  readonly request: readonly string[];
  /** Trailers of answers that clients get; null: all that nobody here owns. Lower case. */
  readonly response: readonly string[] | null;
  /** Rules for names of answer fields that a policy of the operation sets, drops or checks; see `NameRules`. */
  readonly owned: readonly string[];
}

export const createTrailers = (config: TrailersConfig): TrailerRules => new TrailerRules(config);

/** Which fields may come outside of the head on one operation: policies see heads alone. */
export class TrailerRules {
  readonly #request: readonly string[];
  readonly #response: readonly string[] | null;
  readonly #owned: NameRules;

  constructor({ request, response, owned }: TrailersConfig) {
    this.#request = request;
    this.#response = response;
    this.#owned = new NameRules(owned);
  }

  inRequest(name: string): boolean {
    return this.#request.includes(name.toLowerCase());
  }

  inAnswer(name: string): boolean {
    return this.#response === null ? !this.#owned.has(name) : this.#response.includes(name.toLowerCase());
  }

  /** Interim answers (RFC 9110 §15.2) have heads of their own, which no policy sees. */
  inInterim(name: string): boolean {
    return !this.#owned.has(name);
  }
}

/** Fields outside of the heads that policies see. One serves a service. */
export class TrailerFilter {
  /** Made for the first message that has such fields. */
  #never: NameRules | undefined = undefined;

  /** Lines of the trailers that the service gets: none, unless its operation lists some. */
  ofRequest(trailers: HeaderList | undefined, rules: TrailerRules | undefined): string {
    if (rules === undefined || trailers === undefined) return "";
    this.#drop(trailers, (name, isNever) => isNever || !rules.inRequest(name));
    return fieldText(trailers);
  }

  /** The trailers of an answer that a client gets, if it takes trailers at all. */
  ofAnswer(trailers: HeaderList | undefined, rules: TrailerRules | undefined): HeaderList | undefined {
    if (trailers !== undefined) this.#drop(trailers, (name, isNever) => isNever || rules?.inAnswer(name) === false);
    return trailers;
  }

  /** `Link` is what 103 is for (RFC 8297). */
  ofInterim(headers: HeaderList, rules: TrailerRules | undefined): HeaderList {
    this.#drop(headers, (name, isNever) => (isNever && name.toLowerCase() !== "link") || rules?.inInterim(name) === false);
    return headers;
  }

  #drop(headers: HeaderList, isDropped: (name: string, isNever: boolean) => boolean): void {
    const never = (this.#never ??= new NameRules(neverTrailers()));
    deleteMatching(headers, anyLength, (name) => isDropped(name, never.has(name)));
  }
}

const anyLength = -1;
