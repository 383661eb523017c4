import type { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";

/** The form of dates that is to be sent (RFC 9110 §5.6.7). */
const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds that the service wants to be left alone (RFC 9110 §10.2.3); 0 where it says nothing that can be read. */
export function retryAfter(headers: HeaderList): number {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!date.test(text)) return 0;
  const wait = Date.parse(text) - clock.wall();
  return wait > 0 ? wait : 0;
}
