import { refuse } from "../../answers/problem.ts";
import type { Exchange, StartValue, UpstreamRequest } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import { type PathPiece, PathTemplate } from "../../paths/path-template.ts";
import { QueryEdits, type QueryEditsConfig } from "./query-edits.ts";

export { createRewriteAsSent, type RewriteAsSentConfig } from "./as-sent.ts";

export interface RewriteConfig {
  /**
   * Path below the endpoint's own: pieces of a template, a number of characters to drop from the start of the public
   * path, or null for the path as it is.
   */
  readonly path: readonly PathPiece[] | number | null;
  readonly query: QueryEditsConfig | null;
  /** `Host` to send; `preserve`: that of the client's request, with its port; null: the endpoint's. */
  readonly host: StartValue | "preserve" | null;
}

export const createRewrite = (config: RewriteConfig): Rewrite => new Rewrite(config);

class Rewrite {
  readonly #path: PathTemplate | null;
  readonly #strip: number;
  readonly #query: QueryEdits | null;
  readonly #host: string | null;

  constructor(config: RewriteConfig) {
    this.#path = typeof config.path === "object" && config.path !== null ? new PathTemplate(config.path) : null;
    this.#strip = typeof config.path === "number" ? config.path : -1;
    this.#query = config.query === null ? null : new QueryEdits(config.query);
    this.#host = config.host;
    if (config.host !== null) assertFieldValue("Host", config.host);
  }

  /**
   * Called only where a parameter is a part of a public segment and a whole segment of the new path: `..-x` must not
   * become `..`, which would leave the folder that the template names.
   */
  request(x: Exchange): boolean {
    if (!hasDotSegment(this.#path!.expand(x.path))) return false;
    return refuse(x, { status: 400, slug: "path-not-forwardable", title: "The path cannot be forwarded", source: "rewrite" });
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    if (this.#path !== null || this.#strip >= 0) {
      const path = this.#path !== null ? this.#path.expand(x.path) : x.path.slice(this.#strip);
      upstream.path = upstream.basePath + (path === "" ? "/" : path);
    }
    if (this.#query !== null) upstream.query = this.#query.apply(upstream.query, x);
    if (this.#host !== null) upstream.host = this.#host === "preserve" ? x.authority : this.#host;
  }
}

function hasDotSegment(path: string): boolean {
  return path.includes("/../") || path.includes("/./") || path.endsWith("/..") || path.endsWith("/.");
}
