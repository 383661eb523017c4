import type { Exchange } from "../exchange/exchange.ts";
import { clock } from "../life/clock.ts";
import { writeError } from "../log/standard-error.ts";

/** Characters of a stack, whose first line may quote what a client or a service sent. */
const longestStack = 4_096;

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
    stack: stack?.slice(0, longestStack),
  };
  writeError(JSON.stringify(line));
}
