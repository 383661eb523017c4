import type { Answer, Exchange } from "../../exchange/exchange.ts";
import { createSecurityHeaders, type SecurityHeaders, type SecurityHeadersConfig } from "./every-answer.ts";

/** `Content-Security-Policy` is for data here: HTML that the service sends keeps its own, or none. */
export const createDataSecurityHeaders = (config: SecurityHeadersConfig): DataSecurityHeaders => new DataSecurityHeaders(config);

class DataSecurityHeaders {
  readonly #data: SecurityHeaders;
  readonly #pages: SecurityHeaders;

  constructor(config: SecurityHeadersConfig) {
    this.#data = createSecurityHeaders(config);
    const fields = config.fields.filter(({ name }) => name !== "Content-Security-Policy");
    this.#pages = createSecurityHeaders({ ...config, fields });
  }

  response(x: Exchange): void {
    if (isPage(x.answer!)) this.#pages.response(x);
    else this.#data.response(x);
  }
}

function isPage({ source, headers }: Answer): boolean {
  if (source !== "service") return false;
  const type = headers.single("content-type");
  return typeof type === "string" && /^(?:text\/html|application\/xhtml\+xml)[\t ]*(?:;|$)/i.test(type);
}
