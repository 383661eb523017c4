import type { Exchange } from "../../exchange/exchange.ts";
import { isUnder } from "../../routing/host.ts";
import { type ErrorsConfig, reshape } from "./reshape.ts";

/** Where requests without an operation count as those of one API. */
export interface ErrorsArea {
  /** Lower case; `*.example.com` for those below one; empty: any. */
  readonly host: string;
  /** The path, or what is in front of a slash in it; empty: any. */
  readonly path: string;
  /** Null: problem details. */
  readonly errors: ErrorsConfig | null;
}

export interface AreaErrorsConfig {
  /** The first that a request is in decides. */
  readonly areas: readonly ErrorsArea[];
}

export const createAreaErrors = (config: AreaErrorsConfig): AreaErrors => new AreaErrors(config);

/** Gives refusals without an operation the shape of the API that the path belongs to. */
class AreaErrors {
  readonly #areas: readonly ErrorsArea[];

  constructor(config: AreaErrorsConfig) {
    this.#areas = config.areas;
  }

  response(x: Exchange): void {
    const answer = x.answer!;
    if (answer.problem === undefined) return;
    const area = this.#areas.find((one) => isIn(x, one));
    if (area !== undefined && area.errors !== null) reshape(x, answer, area.errors);
  }
}

const isIn = ({ host, path }: Exchange, area: ErrorsArea): boolean =>
  (area.host === "" || area.host === host || (area.host.startsWith("*") && isUnder(host, area.host.slice(1)))) &&
  path.startsWith(area.path) &&
  (area.path === "" || path.length === area.path.length || path[area.path.length] === "/");
