import { isGrpc } from "../grpc/call.ts";
import { grpcTimeout } from "../grpc/timeout.ts";
import type { HttpExchange } from "../http/http-exchange.ts";

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
   * the first; `milliseconds`: up to the moment at which the attempt is given up.
   */
  write(rest: string, milliseconds: number, x: HttpExchange): string {
    const others = rest.replace(this.#lines, "");
    // No less than there is a number for: a service takes 0 for no bound at all, or for one that is over.
    const left = Math.max(1, Math.floor(milliseconds));
    if (isGrpc(x.headers)) return `\r\ngrpc-timeout: ${grpcTimeout(left)}${others}`;
    const field = this.#field;
    if (field === undefined) return others;
    return `\r\n${field.name}: ${field.unit === "ms" ? left : left / 1_000}${others}`;
  }
}
