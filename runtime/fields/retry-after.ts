import { clock } from "../life/clock.ts";

/** Milliseconds (RFC 9110 §10.2.3); undefined where it cannot be read. */
export function retryAfter(field: string | undefined): number | undefined {
  if (field === undefined) return undefined;
  if (/^\d{1,9}$/.test(field)) return Number(field) * 1_000;
  const at = Date.parse(field);
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.wall());
}
