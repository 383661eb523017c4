import type { Exchange } from "../exchange/exchange.ts";
import { isGrpc } from "../grpc/call.ts";
import { parseGrpcTimeout } from "../grpc/timeout.ts";

export interface CallerDeadlineConfig {
  /** Absent: only callers whose connection comes from a trusted proxy are believed. */
  readonly fromAnyone?: true;
  /** Where callers that do not speak gRPC say how long they wait, in lower case; absent: nowhere. */
  readonly field?: { readonly name: string; readonly unit: "ms" | "s" };
}

/** Reads how long a caller waits for its answer. */
export const createCallerDeadline = (config: CallerDeadlineConfig): CallerDeadline => new CallerDeadline(config);

export class CallerDeadline {
  readonly #fromAnyone: boolean;
  readonly #field: CallerDeadlineConfig["field"];

  constructor({ fromAnyone, field }: CallerDeadlineConfig) {
    this.#fromAnyone = fromAnyone === true;
    this.#field = field;
  }

  /** Milliseconds; undefined where nothing is said that counts. A caller cannot ask for more time: the gateway's own bounds hold beside it. */
  of(x: Exchange): number | undefined {
    if (!this.#fromAnyone && !x.isPeerTrusted) return undefined;
    if (isGrpc(x.headers)) return readOnce(x, "grpc-timeout", parseGrpcTimeout);
    const field = this.#field;
    return field === undefined ? undefined : readOnce(x, field.name, field.unit === "ms" ? parseMilliseconds : parseSeconds);
  }
}

/** One that comes twice, or that cannot be read, says nothing: nobody knows which was meant. */
function readOnce(x: Exchange, name: string, parse: (text: string) => number | undefined): number | undefined {
  const text = x.headers.single(name);
  return text === null || text === undefined ? undefined : parse(text);
}

const parseMilliseconds = (text: string): number | undefined => (/^\d{1,10}$/.test(text) ? Number(text) : undefined);

const parseSeconds = (text: string): number | undefined =>
  /^\d{1,7}(?:\.\d{1,9})?$/.test(text) ? Number(text) * 1_000 : undefined;
