import type { Exchange } from "../../exchange/exchange.ts";
import { refuseInvalid } from "./refuse-invalid.ts";

/** What checks a request without its body. */
export interface RequestCheck {
  request(x: Exchange): boolean;
}

export interface UnknownBodyConfig {
  /** A body is only noted. */
  readonly isReported: boolean;
}

const type = "urn:gatewright:problem:unknown-body";

/** For operations that declare no body: parameters first, then whether one comes all the same. */
export class UnknownBodyCheck {
  readonly #others: RequestCheck;
  readonly #isReported: boolean;

  constructor(others: RequestCheck, { isReported }: UnknownBodyConfig) {
    this.#others = others;
    this.#isReported = isReported;
  }

  request(x: Exchange): boolean | Promise<boolean> {
    if (this.#others.request(x)) return true;
    return x.hasBody && this.#bodyOf(x);
  }

  /** Chunks may turn out to be none. */
  async #bodyOf(x: Exchange): Promise<boolean> {
    const hasBytes = await x.beginBody();
    if (hasBytes !== true) return hasBytes === undefined;
    if (!this.#isReported)
      return refuseInvalid(x, [
        { in: "body", pointer: "", keyword: "unknown", message: "must not be there, as the operation declares none" },
      ]);
    x.reports.push({ policy: "validate", status: 400, type });
    return false;
  }
}
