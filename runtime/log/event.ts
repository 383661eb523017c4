import type { Exchange } from "../exchange/exchange.ts";
import { clock } from "../life/clock.ts";
import { isLogged } from "./level.ts";
import { writeError } from "./standard-error.ts";

/** One JSON line on standard error about something that operators should see; clients never do. */
export function logEvent(
  level: "warning" | "error",
  message: string,
  x: Exchange,
  details: Readonly<Record<string, unknown>>,
): void {
  if (!isLogged(level)) return;
  const line = {
    time: new Date(clock.wall()).toISOString(),
    level,
    message,
    operation: x.operation.id,
    method: x.method,
    path: x.path,
    ...(x.requestId === "" ? {} : { requestId: x.requestId }),
    ...details,
  };
  writeError(JSON.stringify(line));
}
