import type { Exchange, StartValue, UpstreamRequest } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import { sentPath } from "../../paths/sent-path.ts";
import { QueryEdits, type QueryEditsConfig } from "./query-edits.ts";

export interface RewriteAsSentConfig {
  /** Characters of the public path to drop before `prepend` is put in front. */
  readonly strip: number;
  readonly prepend: string;
  readonly query: QueryEditsConfig | null;
  /** As in `RewriteConfig`. */
  readonly host: StartValue | "preserve" | null;
}

export const createRewriteAsSent = (config: RewriteAsSentConfig): RewriteAsSent => new RewriteAsSent(config);

/** The service gets the path byte for byte, and not its normal form: for keys and signatures made of it. */
class RewriteAsSent {
  readonly #strip: number;
  readonly #prepend: string;
  readonly #query: QueryEdits | null;
  readonly #host: string | null;

  constructor({ strip, prepend, query, host }: RewriteAsSentConfig) {
    this.#strip = strip;
    this.#prepend = prepend;
    this.#query = query === null ? null : new QueryEdits(query);
    this.#host = host;
    if (host !== null) assertFieldValue("Host", host);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    const sent = sentPath(x.sentTarget);
    const strip = this.#strip;
    // With a letter of the prefix escaped, the two differ in such escapes only: others were refused when it was routed.
    const path = sent.startsWith(x.path.slice(0, strip)) ? sent : x.path;
    const rest = `${this.#prepend}${path.slice(strip)}`;
    upstream.path = upstream.basePath + (rest.charCodeAt(0) === 0x2f ? rest : `/${rest}`);
    if (this.#query !== null) upstream.query = this.#query.apply(upstream.query, x);
    if (this.#host !== null) upstream.host = this.#host === "preserve" ? x.authority : this.#host;
  }
}
