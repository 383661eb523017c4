/** Milliseconds in each unit of `grpc-timeout`. */
const units = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Milliseconds of a `grpc-timeout` (gRPC over HTTP/2, Requests: up to eight digits and a unit); undefined where it is
 * malformed. The grammar wants a positive number; 0 is what a client sends whose time is over.
 */
export function parseGrpcTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * units[unit as keyof typeof units];
}

const mostDigits = 99_999_999;

/** `milliseconds`: whole and positive. Seconds from a day and a bit on, as there are only eight digits. */
export const grpcTimeout = (milliseconds: number): string =>
  milliseconds <= mostDigits ? `${milliseconds}m` : `${Math.min(mostDigits, Math.floor(milliseconds / 1_000))}S`;
