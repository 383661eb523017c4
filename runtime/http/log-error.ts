import { clock } from "../clock.ts";
import type { Exchange } from "../exchange.ts";
import { writeError } from "../log/standard-error.ts";

/** One JSON line on standard error about something that went wrong inside; clients never see it. */
export function logError(message: string, error: unknown, x?: Exchange): void {
  const { stack, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { stack: String(error), code: undefined };
  const line = {
    time: new Date(clock.wall()).toISOString(),
    level: "error",
    message,
    ...(code === undefined ? {} : { code }),
    ...(x === undefined ? {} : { operation: x.operation.id, method: x.method, path: x.path }),
    ...(x === undefined || x.requestId === "" ? {} : { requestId: x.requestId }),
    stack,
  };
  writeError(JSON.stringify(line));
}
