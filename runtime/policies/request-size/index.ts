import { refuseTooLarge, tooManyBytes } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";

export interface RequestSizeConfig {
  /** Bytes. */
  readonly max: number;
  /** False: a body that turns out to be larger is only reported. */
  readonly bounds: boolean;
}

export const createRequestSize = (config: RequestSizeConfig): RequestSize => new RequestSize(config);

class RequestSize {
  readonly #max: number;
  readonly #bounds: boolean;

  constructor(config: RequestSizeConfig) {
    this.#max = config.max;
    this.#bounds = config.bounds;
  }

  /** An announced length is judged at once; a body of unknown length is counted by the transport, which stops at the bound. */
  request(x: Exchange): boolean {
    const max = this.#max;
    if (this.#bounds && max < x.maxBodyBytes) x.maxBodyBytes = max;
    const announced = x.headers.get("content-length");
    // A length that is no number is refused as well: nobody could say where the body ends.
    if (announced === undefined || Number(announced) <= max) return false;
    return refuseTooLarge(x, max, "requestSize");
  }

  /** Called where nothing is bounded: a body without an announced length was counted as it went through; what follows a 101 is none. */
  done(x: Exchange): void {
    if (x.bytesReceived <= this.#max || x.headers.has("content-length") || x.answer?.status === 101) return;
    const violations = [tooManyBytes(this.#max)];
    x.reports.push({ policy: "requestSize", status: 413, type: "urn:gatewright:problem:content-too-large", violations });
  }
}
