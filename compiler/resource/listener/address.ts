import type { NumberIr } from "../../ir/config.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import type { Origin } from "../../ir/origin.ts";
import type { ResourceContext } from "../contract.ts";
import { addressOrSocket, besideSocket, withoutSocket } from "./messages.gen.ts";

/** What every listener has. */
export interface Address {
  readonly host?: string;
  readonly port?: number | string;
  readonly socket?: string;
  readonly socketMode?: string;
}

/** A listener is at host and port, or at a socket. */
export function checkAddress({ port, socket, socketMode }: Address, context: ResourceContext): void {
  if (socket === undefined) {
    if (port === undefined) context.report(addressOrSocket(context.origin, {}));
    if (socketMode !== undefined) context.report(withoutSocket(context.key("/socketMode"), { what: "socketMode" }));
    return;
  }
  for (const key of ["host", "port"]) reportBesideSocket(key, context);
}

/** What a listener at a socket has no use for, where it was written. */
export function reportBesideSocket(key: string, context: ResourceContext): void {
  if (context.isWritten(`/${key}`)) context.report(besideSocket(context.key(`/${key}`), { what: key }));
}

/** What others ask of an address. */
export function addressOf(
  { host, port, socket }: Address,
  context: ResourceContext,
): Pick<ListenerIr, "host" | "port" | "socket"> {
  if (socket !== undefined) return { socket };
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: startPort(port, context.at("/port")) }),
  };
}

/** What the run-time library makes a socket of. */
export const socketConfig = (
  { socket, socketMode }: Address,
  isTrusted: boolean,
): { readonly path: string; readonly mode?: number; readonly isTrusted: boolean } => ({
  path: socket!,
  ...(socketMode === undefined ? {} : { mode: Number.parseInt(socketMode, 8) }),
  isTrusted,
});

function startPort(port: number | string, origin: Origin): NumberIr {
  if (typeof port === "number") return port;
  return /^\d+$/.test(port) ? Number(port) : { kind: "setting", template: port, as: "port", origin };
}
