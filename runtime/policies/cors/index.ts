import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { deleteMatching } from "../../fields/delete-matching.ts";
import { HeaderList } from "../../fields/header-list.ts";
import { OriginList } from "../../fields/origin-list.ts";
import { addVary } from "../../fields/vary.ts";

export interface CorsConfig {
  /** Exact origins and `https://*.example.com` patterns; `any` stands for `*`. */
  readonly origins: readonly StartValue[] | "any";
  /** `requested`: the method that the preflight asks for, on routes for every method. */
  readonly methods: readonly string[] | "requested";
  /** `requested`: the names that the preflight asks for. */
  readonly allowHeaders: readonly string[] | "requested";
  readonly exposeHeaders: readonly string[];
  readonly credentials: boolean;
  /** Seconds. */
  readonly maxAge: number;
}

export const createCors = (config: CorsConfig): Cors => new Cors(config);

/** CORS protocol of the WHATWG Fetch standard, §3.3. */
class Cors {
  /** Null: any origin, which is answered with `*` and does not vary. */
  readonly #origins: OriginList | null;
  readonly #mirrorMethod: boolean;
  readonly #mirrorHeaders: boolean;
  /** Field lines of an allowed preflight and response, without those that depend on the request. */
  readonly #preflightLines: readonly string[];
  readonly #responseLines: readonly string[];
  readonly #vary: string;

  constructor(config: CorsConfig) {
    this.#origins = config.origins === "any" ? null : new OriginList(config.origins, "cors");
    this.#mirrorMethod = config.methods === "requested";
    this.#mirrorHeaders = config.allowHeaders === "requested";
    const shared = config.origins === "any" ? ["Access-Control-Allow-Origin", "*"] : [];
    if (config.credentials) shared.push("Access-Control-Allow-Credentials", "true");
    const preflight = [...shared];
    if (config.methods !== "requested") preflight.push("Access-Control-Allow-Methods", config.methods.join(", "));
    if (config.allowHeaders !== "requested" && config.allowHeaders.length > 0) {
      preflight.push("Access-Control-Allow-Headers", config.allowHeaders.join(", "));
    }
    preflight.push("Access-Control-Max-Age", String(config.maxAge));
    const response = [...shared];
    if (config.exposeHeaders.length > 0) response.push("Access-Control-Expose-Headers", config.exposeHeaders.join(", "));
    this.#preflightLines = preflight;
    this.#responseLines = response;
    this.#vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
  }

  preflight(x: Exchange): void {
    const lines = ["Vary", this.#vary];
    const origin = originOf(x);
    if (origin !== undefined && (this.#origins === null || this.#origins.has(origin))) {
      if (this.#origins !== null) lines.push("Access-Control-Allow-Origin", origin);
      lines.push(...this.#preflightLines);
      if (this.#mirrorMethod) mirror(x, lines, "access-control-request-method", "Access-Control-Allow-Methods");
      if (this.#mirrorHeaders) mirror(x, lines, "access-control-request-headers", "Access-Control-Allow-Headers");
    }
    x.answer = { status: 204, headers: new HeaderList(lines), body: "", source: "cors" };
  }

  response(x: Exchange): void {
    const answer = x.answer!;
    // The preflight answer above is complete.
    if (answer.source === "cors") return;
    const { headers } = answer;
    deleteMatching(headers, corsLengths, isCorsField);
    if (this.#origins === null) {
      headers.append(this.#responseLines);
      return;
    }
    addVary(headers, "Origin");
    const origin = originOf(x);
    if (origin === undefined || !this.#origins.has(origin)) return;
    headers.add("Access-Control-Allow-Origin", origin);
    headers.append(this.#responseLines);
  }
}

/** A request with several is from no browser, and none of them counts. */
const originOf = (x: Exchange): string | undefined => x.headers.single("origin") ?? undefined;

/** Any: there may be fields of CORS that nobody knows yet. */
const corsLengths = -1;

/** One authority for CORS: the service's own fields would contradict the gateway's. */
const isCorsField = (name: string): boolean =>
  name.length > 15 && name.charCodeAt(6) === 0x2d && name.slice(0, 15).toLowerCase() === "access-control-";

/** Gives back what the preflight asks for, as far as it is a list of tokens. */
function mirror(x: Exchange, lines: string[], asked: string, allowed: string): void {
  const value = x.headers.get(asked);
  if (value !== undefined && isTokenList(value)) lines.push(allowed, value);
}

function isTokenList(text: string): boolean {
  if (text === "") return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isLetterOrDigit = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
    if (!isLetterOrDigit && !", !#$%&'*+-.^_`|~".includes(text[index]!)) return false;
  }
  return true;
}
