import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import { HeaderList } from "../../fields/header-list.ts";
import { type PathPiece, PathTemplate } from "../../paths/path-template.ts";

export interface RedirectConfig {
  readonly status: number;
  /** Scheme and authority in front of the path, without a slash at the end; empty for a path on this host. */
  readonly base: StartValue;
  readonly path: readonly PathPiece[];
  /** Query of the target itself, without `?`. */
  readonly query: string;
  /** Put the query of the request behind `query`. */
  readonly keepQuery: boolean;
  /** With `#`; empty where there is none. */
  readonly fragment: string;
}

export const createRedirect = (config: RedirectConfig): Redirect => new Redirect(config);

class Redirect {
  readonly #config: RedirectConfig;
  readonly #base: string;
  readonly #path: PathTemplate;

  constructor(config: RedirectConfig) {
    this.#config = config;
    this.#base = config.base.endsWith("/") ? config.base.slice(0, -1) : config.base;
    if (this.#base !== "" && !URL.canParse(this.#base)) {
      throw new Error(`redirect: \`${this.#base}\` is no absolute URI. Write scheme and host: https://shop.example.com`);
    }
    assertFieldValue("Location", this.#base);
    this.#path = new PathTemplate(config.path);
  }

  request(x: Exchange): boolean {
    const { status, query, keepQuery, fragment } = this.#config;
    const path = this.#path.expand(x.path);
    let location = this.#base + (path === "" ? "/" : path);
    const kept = keepQuery ? x.query : "";
    if (query !== "" || kept !== "") location += query !== "" && kept !== "" ? `?${query}&${kept}` : `?${query}${kept}`;
    location += fragment;
    x.answer = { status, headers: new HeaderList(["Location", location]), body: "", source: "redirect" };
    return true;
  }
}
