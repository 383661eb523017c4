import type { Exchange } from "../exchange/exchange.ts";
import { writeEvent } from "../log/log.ts";

/** Characters of a stack, whose first line may quote what a client or a service sent. */
const longestStack = 4_096;

/** A line on standard error about something that went wrong inside; clients never see it. Told apart are operations, and where it was thrown. */
export function logError(message: string, error: unknown, x?: Exchange): void {
  const { stack, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { stack: String(error), code: undefined };
  const fields = {
    ...(code === undefined ? {} : { code }),
    ...(x === undefined ? {} : { operation: x.operation.id, method: x.method, path: x.path }),
    ...(x === undefined || x.requestId === "" ? {} : { requestId: x.requestId }),
    stack: stack?.slice(0, longestStack),
  };
  writeEvent("error", message, fields, `${x?.operation.id} ${/\n {4}at .*/.exec(stack ?? "")?.[0]}`);
}
