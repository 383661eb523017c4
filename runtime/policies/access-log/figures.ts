import type { AttemptRecord } from "../../exchange/exchange.ts";
import { jsonText } from "../../log/json-text.ts";

/** One of several; its time is up to its end, or to that of the whole answer. */
export function attemptText({ endpoint, startedAt, endedAt, status, error }: AttemptRecord): string {
  const statusText = status === 0 ? "" : `"status":${status},`;
  const errorText = error === "" ? "" : `"error":${jsonText(error)},`;
  return `{"endpoint":${jsonText(endpoint.url)},${statusText}${errorText}"ms":${milliseconds(endedAt - startedAt)}}`;
}

/** With three decimals, put together from integers: the shortest decimal form of a double takes longer to find. */
export function milliseconds(value: number): string {
  const microseconds = Math.max(0, Math.round(value * 1000));
  const fraction = microseconds % 1000;
  return `${Math.floor(microseconds / 1000)}.${fraction < 10 ? "00" : fraction < 100 ? "0" : ""}${fraction}`;
}
