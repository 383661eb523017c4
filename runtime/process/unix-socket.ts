import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { exitCodes } from "./exit-codes.ts";
import { StartError } from "./start-error.ts";

/** A Unix socket to listen on. */
export interface UnixSocket {
  readonly path: string;
  /** Forwarding fields of its peers are believed. */
  readonly isTrusted: boolean;
  /** Throws a `StartError` that names `listener` where it cannot be opened. */
  listen(server: Server, listener: string): Promise<void>;
}

export interface UnixSocketConfig {
  readonly path: string;
  /** Permissions of the file; undefined: as the umask of the process leaves them. */
  readonly mode?: number;
  readonly isTrusted: boolean;
}

export const createUnixSocket = ({ path, mode, isTrusted }: UnixSocketConfig): UnixSocket => ({
  path,
  isTrusted,
  async listen(server, listener) {
    try {
      // The file of a process that was killed stays behind. Looked at before the attempt: to node:cluster a second one would
      // be another socket than that of the other workers.
      if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true && (await isStale(path))) unlinkSync(path);
      await open(server, path);
      if (mode !== undefined) chmodSync(path, mode);
    } catch (error) {
      throw socketError(error as NodeJS.ErrnoException, listener, path);
    }
  },
});

const open = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path, backlog: 1024 }, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });

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

function socketError({ code = "", message }: NodeJS.ErrnoException, listener: string, path: string): StartError {
  const remedy =
    code === "EADDRINUSE"
      ? "is in use by another process, or is a file of another kind. Stop that process or name another file"
      : code === "EACCES" || code === "EPERM"
        ? "may not be made by this process. Let its user write to the folder"
        : code === "ENOENT"
          ? "is in a folder that does not exist. Make the folder"
          : `cannot be opened: ${message}`;
  return new StartError(`listener ${listener}: the socket ${path} ${remedy}.`, exitCodes.unavailable);
}
