import type { Exchange } from "../exchange/exchange.ts";
import { writeEvent } from "./log.ts";

/** A line on standard error about something of a request that operators should see; clients never do. */
export function logEvent(
  level: "warning" | "error",
  message: string,
  x: Exchange,
  details: Readonly<Record<string, unknown>>,
): void {
  const { id } = x.operation;
  const request = { operation: id, method: x.method, path: x.path, ...(x.requestId === "" ? {} : { requestId: x.requestId }) };
  writeEvent(level, message, { ...request, ...details }, id);
}
