import type { AddressInfo, Server } from "node:net";
import type { ListenerConfig } from "../gateway/listener.ts";
import { listenError } from "./start-failure.ts";

/** Resolves with the port; 0 for a Unix socket. Throws a `StartError` that names the listener and the remedy. */
export function listen(
  server: Server,
  name: "public" | "admin",
  listener: ListenerConfig,
  port = listener.port,
): Promise<number> {
  if (listener.socket !== undefined) return listener.socket.listen(server, name).then(() => 0);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(error, name, listener.host, port));
    server.on("error", fail);
    server.listen({ port, host: listener.host, backlog: 1024 }, () => {
      server.off("error", fail);
      // What cannot be accepted for want of descriptors is no reason to end.
      server.on("error", () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });
}
