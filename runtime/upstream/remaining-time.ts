import { isGrpc } from "../grpc/call.ts";
import { grpcTimeout } from "../grpc/timeout.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { clock } from "../life/clock.ts";
import type { Attempt } from "./attempts/attempt.ts";

export interface RemainingTimeConfig {
  /** In what field a service is told that does not speak gRPC, as it is sent; absent: it is not told. */
  readonly field?: { readonly name: string; readonly unit: "ms" | "s" };
}

/** Tells a service how much time there is for its answer: `grpc-timeout` in gRPC calls, a field of its own in other requests. */
export const createRemainingTime = (config: RemainingTimeConfig): RemainingTime => new RemainingTime(config);

export class RemainingTime {
  readonly #field: RemainingTimeConfig["field"];
  /** Lines of the fields in a head, in every spelling that a service may take for them. */
  readonly #lines: RegExp;

  constructor({ field }: RemainingTimeConfig) {
    this.#field = field;
    const names = ["grpc-timeout", ...(field === undefined ? [] : [field.name])];
    // Whatever is neither letter nor digit is the same to services that know fields as variables (RFC 3875 §4.1.18).
    const spellings = names.map((name) => name.replaceAll(/[^\da-z]/gi, "[^\\da-z:\\r\\n]"));
    this.#lines = new RegExp(`\\r\\n(?:${spellings.join("|")}):[^\\r]*`, "gi");
  }

  /**
   * The field lines of a head with what is left, and without what clients wrote there. `rest`: from the line end in front of
   * the first; `until`: monotonic milliseconds at which nobody waits for the answer any more. The time of a gRPC call is that of
   * its whole answer; where nobody has said how long that may be, it has as long as its head, and the attempt is bound by it.
   */
  write(rest: string, attempt: Attempt, until: number, x: HttpExchange): string {
    const others = rest.replace(this.#lines, "");
    if (isGrpc(x.headers)) {
      if (until === Number.POSITIVE_INFINITY) attempt.callUntil = attempt.deadline;
      return `\r\ngrpc-timeout: ${grpcTimeout(leftUntil(attempt.callUntil ?? until))}${others}`;
    }
    const field = this.#field;
    if (field === undefined) return others;
    const left = leftUntil(attempt.deadline);
    return `\r\n${field.name}: ${field.unit === "ms" ? left : left / 1_000}${others}`;
  }
}

/** No less than there is a number for: a service takes 0 for no bound at all, or for one that is over. */
const leftUntil = (end: number): number => Math.max(1, Math.floor(end - clock.monotonic()));
