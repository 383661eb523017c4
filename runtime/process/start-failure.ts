import { StartError } from "../life/start-error.ts";
import { logging } from "../log/level.ts";
import { jsonLine } from "../log/log.ts";
import { exitCodes } from "./exit-codes.ts";
import { missingFlag } from "./permission.ts";

/** Ends a process that cannot start: the message alone for what an operator can mend, the stack for a bug of ours. */
export function failStart(error: unknown): never {
  const flag = missingFlag(error);
  const known = flag === undefined ? error : new StartError(denied(flag), exitCodes.configuration);
  if (known instanceof StartError) {
    tell(known.message);
    process.exit(known.exitCode);
  }
  tell("the gateway failed to start", error instanceof Error ? error.stack : String(error));
  process.exit(exitCodes.internal);
}

/** As the command line asks for; until it is read, and where it cannot be, as text. */
function tell(message: string, stack?: string): void {
  const text = stack === undefined ? `gatewright: ${message}` : `gatewright: ${message}\n${stack}`;
  process.stderr.write(`${logging.format === "json" ? jsonLine("error", message, { stack }) : text}\n`);
}

const denied = (flag: string): string =>
  `Node's permission model denies what the gateway needs to start. Start Node with the flag \`${flag}\` as well.`;

/** Turns a failure to listen into what to do about it. */
export function listenError(error: unknown, listener: string, host: string | undefined, port: number): StartError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const where = `listener ${listener}: ${host ?? "any address"}, port ${port}`;
  if (code === "EADDRINUSE") {
    return new StartError(
      `${where} is in use by another process. Stop that one or give \`listeners.${listener}.port\` another port.`,
      exitCodes.unavailable,
    );
  }
  if (code === "EACCES") {
    const remedy =
      port < 1024
        ? `Choose a port from 1024 up for \`listeners.${listener}.port\`, or allow the process to bind low ports.`
        : "Check the rights of the process.";
    return new StartError(`${where} may not be opened by this process. ${remedy}`, exitCodes.unavailable);
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new StartError(
      `${where} is no address of this machine. Write one it has as \`listeners.${listener}.host\`, or leave it out for all.`,
      exitCodes.unavailable,
    );
  }
  return new StartError(`${where} cannot be opened: ${message}.`, exitCodes.unavailable);
}
