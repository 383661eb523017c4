import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { StartError } from "../life/start-error.ts";
import { exitCodes } from "./exit-codes.ts";
import { missingFlag } from "./permission.ts";

/** A Unix socket to listen on. */
export interface UnixSocket {
  readonly __made: true;
  readonly path: string;
  /** Forwarding fields of its peers are believed. */
  readonly isTrusted: boolean;
  /** Throws a `StartError` that names `listener` where it cannot be opened. */
  listen(server: Server, listener: string): Promise<void>;
  /**
   * For a primary, which makes the file when a worker asks for it: from now on, files that this process makes come without
   * any permission. The worker gives this one its own.
   */
  keepShut(): void;
}

export interface UnixSocketConfig {
  readonly path: string;
  /** Permissions of the file; undefined: as the umask of the process leaves them. */
  readonly mode?: number;
  readonly isTrusted: boolean;
}

/** Set by a primary for itself and its workers: the umask that it was started with, in octal digits. */
const umaskVariable = "GATEWRIGHT_UMASK";

/** Nobody may anything. */
const shut = 0o777;

/**
 * The file comes into being with the permissions that the umask leaves, and whoever connects before they are narrowed
 * stays. So it is made without any, and they are given when it is there.
 */
export const createUnixSocket = ({ path, mode, isTrusted }: UnixSocketConfig): UnixSocket =>
  // That it is made, only the compiler's types know.
  ({
    path,
    isTrusted,
    async listen(server, listener) {
      try {
        // The file of a process that was killed stays behind. Looked at before the attempt: to node:cluster a second one would
        // be another socket than that of the other workers.
        if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true && (await isStale(path))) unlinkSync(path);
        await open(server, path);
        chmodSync(path, mode ?? 0o777 & ~ownUmask());
      } catch (error) {
        throw socketError(error as NodeJS.ErrnoException, listener, path);
      }
    },
    keepShut() {
      process.env[umaskVariable] = process.umask(shut).toString(8);
    },
  }) satisfies Omit<UnixSocket, "__made"> as UnixSocket;

/** That of this process before any was shut. */
function ownUmask(): number {
  const given = process.env[umaskVariable];
  return given === undefined ? process.umask() : Number.parseInt(given, 8);
}

function open(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const umask = process.umask(shut);
    try {
      // Where no primary makes the file, it is there when this returns.
      server.listen({ path, backlog: 1024 }, () => {
        server.removeAllListeners("error");
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

/** Nothing listens there. */
const isStale = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });

function socketError(error: NodeJS.ErrnoException, listener: string, path: string): StartError {
  const flag = missingFlag(error, path);
  const { code = "", message } = error;
  const remedy =
    flag !== undefined
      ? `is out of bounds under Node's permission model. Start Node with the flag \`${flag}\` as well`
      : code === "EADDRINUSE"
        ? "is in use by another process, or is a file of another kind. Stop that process or name another file"
        : code === "EACCES" || code === "EPERM"
          ? "may not be made by this process. Let its user write to the folder"
          : code === "ENOENT"
            ? "is in a folder that does not exist. Make the folder"
            : `cannot be opened: ${message}`;
  return new StartError(`listener ${listener}: the socket ${path} ${remedy}.`, exitCodes.unavailable);
}
