import type { Exchange } from "../../exchange/exchange.ts";
import type { Operation } from "../../gateway/operation.ts";
import { errorKinds, methodLabels, otherMethod, otherStatus } from "../../metrics/operations/label-values.ts";
import { operationLabels } from "../../metrics/operations/operation-labels.ts";
import { Durations } from "./durations.ts";
import { Tally } from "./tally.ts";

/** Pairs of method and status that an operation counts apart; services choose statuses freely. The compiler counts on it. */
export const mostCodes = 32;
/** Method and status of those beyond: `other` for both. */
const otherCode = otherMethod * 1000 + otherStatus;

/** Another number with each change, which goes round: who has read it knows whether there is something new. */
export class Changes {
  number = 0;

  count(): void {
    this.number = (this.number + 1) | 0;
  }
}

/** What was counted for one operation. Arrays only: counting neither hashes nor makes text. */
export class OperationSeries {
  /** Of all that is counted here. */
  readonly labels: string;
  /** Method index × 1000 + status (0: none), one for each combination met so far, beside its count. */
  codes = new Uint16Array(4);
  requests = new Float64Array(4);
  codeCount = 0;
  readonly errors = new Float64Array(errorKinds.length);
  readonly durations: Durations;
  /** Of all operations that are told together with this one. */
  together = new Changes();
  /** Whether there was one since it was last considered who is told together. */
  isBusy = false;
  inFlight = 0;
  requestBytes = 0;
  responseBytes = 0;
  /** By policy: what it refused, and would have refused in report mode. */
  readonly refusals = new Tally();
  readonly reports = new Tally();

  constructor(operation: Pick<Operation, "id" | "api" | "version" | "service">, bounds: Float64Array, isNative: boolean) {
    this.labels = operationLabels(operation);
    this.durations = new Durations(bounds, isNative);
  }

  change(): void {
    this.isBusy = true;
    this.together.count();
  }

  countRequest(method: string, status: number): void {
    this.#count(methodIndex(method) * 1000 + status);
  }

  countReports(x: Exchange): void {
    for (const { policy } of x.reports) this.reports.count(policy);
  }

  #count(code: number): void {
    const { codes, codeCount } = this;
    for (let index = 0; index < codeCount; index++) {
      if (codes[index] === code) {
        this.requests[index]!++;
        return;
      }
    }
    // The last place is for all others.
    if (codeCount >= mostCodes - 1 && code !== otherCode) return this.#count(otherCode);
    if (codeCount === codes.length) this.#grow();
    this.codes[codeCount] = code;
    this.requests[codeCount] = 1;
    this.codeCount++;
  }

  #grow(): void {
    const codes = new Uint16Array(this.codes.length * 2);
    codes.set(this.codes);
    this.codes = codes;
    const requests = new Float64Array(codes.length);
    requests.set(this.requests);
    this.requests = requests;
  }
}

function methodIndex(method: string): number {
  for (let index = 0; index < otherMethod; index++) if (methodLabels[index] === method) return index;
  return otherMethod;
}
