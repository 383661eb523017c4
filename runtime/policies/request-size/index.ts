import type { Exchange } from "../../exchange.ts";
import { refuse } from "../../problem.ts";

export interface RequestSizeConfig {
  /** Bytes. */
  readonly max: number;
}

export const createRequestSize = (config: RequestSizeConfig): RequestSize => new RequestSize(config);

class RequestSize {
  readonly #max: number;

  constructor(config: RequestSizeConfig) {
    this.#max = config.max;
  }

  /** An announced length is judged at once; a body of unknown length is counted by the transport, which stops at the bound. */
  request(x: Exchange): boolean {
    const max = this.#max;
    if (max < x.maxBodyBytes) x.maxBodyBytes = max;
    const announced = x.headers.get("content-length");
    // A length that is no number is refused as well: nobody could say where the body ends.
    if (announced === undefined || Number(announced) <= max) return false;
    return refuse(x, {
      status: 413,
      slug: "content-too-large",
      title: "The request body is too large",
      detail: `At most ${max} bytes are accepted.`,
      source: "requestSize",
    });
  }
}
