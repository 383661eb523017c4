import type { Answer } from "../../calls/exchange.ts";
import { shownUrl } from "../../calls/failure.ts";
import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { type Protocol, type Question, undecided, type Verdict } from "./protocol.ts";

export interface ForwardedDecisionConfig {
  readonly url: StartValue;
  /** `get`: always GET, and the request is told in fields. `same`: its method and path, behind that of the URL. */
  readonly as: "get" | "same";
  /** Lower-case names of fields: of the client for the question, of the answer for the service and for the client. */
  readonly forward: readonly string[];
  readonly toService: readonly string[];
  readonly toClient: readonly string[];
}

export const createForwardedDecision = (config: ForwardedDecisionConfig): Protocol => new ForwardedDecision(config);

/**
 * The request itself is the question. What is told of it is what was matched, decided on and is forwarded: the normalised
 * path and the host of the request, never the target as the client wrote it.
 */
class ForwardedDecision implements Protocol {
  declare readonly __made: true;
  readonly target: string;
  readonly named: readonly string[];
  readonly #config: ForwardedDecisionConfig;
  /** Scheme, host and port, and the path without a slash at its end. */
  readonly #origin: string;
  readonly #prefix: string;

  constructor(config: ForwardedDecisionConfig) {
    this.#config = config;
    this.named = [config.url];
    const url = URL.canParse(config.url) ? new URL(config.url) : undefined;
    this.target = url === undefined ? "its URL" : shownUrl(url);
    this.#origin = url?.origin ?? "";
    this.#prefix = url?.pathname.replace(/\/$/, "") ?? "";
  }

  ask(x: Exchange, body: Uint8Array | undefined): Question | undefined {
    const { url, as, forward } = this.#config;
    const target = x.query === "" ? x.path : `${x.path}?${x.query}`;
    const headers: Record<string, string> = {};
    for (const name of forward) {
      const value = x.headers.joined(name, name === "cookie" ? "; " : ", ");
      if (value !== undefined) headers[name] = value;
    }
    headers["x-forwarded-method"] = x.method;
    headers["x-forwarded-proto"] = x.peer.secure ? "https" : "http";
    headers["x-forwarded-host"] = x.authority;
    headers["x-forwarded-uri"] = target;
    headers["x-forwarded-for"] = x.peer.ip;
    if (as === "get") return { url, method: "GET", headers };
    const asked = `${this.#origin}${this.#prefix}${target}`;
    // What a URL would be read as otherwise is another path than the one that is decided on.
    const read = URL.canParse(asked) ? new URL(asked) : undefined;
    if (read === undefined || `${read.pathname}${read.search}` !== `${this.#prefix}${target}` || read.hash !== "")
      return undefined;
    const hasBody = body !== undefined && body.length > 0;
    return { url: asked, method: x.method, headers, ...(hasBody ? { body } : {}) };
  }

  judge({ status, headers }: Answer): Verdict {
    const { as, toService, toClient } = this.#config;
    if (as === "get" ? status >= 200 && status < 300 : status === 200)
      return { kind: "allow", fields: linesOf(headers, toService) };
    if (status !== 401 && status !== 403) return undecided(status);
    return { kind: "refuse", status, fields: linesOf(headers, ["www-authenticate", ...toClient]) };
  }
}

function linesOf(headers: Answer["headers"], names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) lines.push(name, value);
  }
  return lines;
}
