import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { RequestPart } from "./http-file.ts";

/** An answer as the client got it; names as sent. */
export interface Received {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The connection ended before the answer was complete. */
  readonly isBroken: boolean;
}

/** Sends one request on a connection of its own, with the target and the field lines exactly as given. */
export function sendRequest(port: number, part: RequestPart): Promise<Received> {
  return new Promise((resolve, reject) => {
    const lines = part.headers.flat();
    const has = (name: string): boolean => part.headers.some(([field]) => field.toLowerCase() === name);
    if (!has("host")) lines.unshift("Host", `127.0.0.1:${port}`);
    const content = part.bytes ?? Buffer.from(part.body);
    if (content.length > 0 && !has("content-length") && !has("transfer-encoding"))
      lines.push("Content-Length", String(content.length));
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port,
      method: part.method,
      path: part.target,
      headers: lines,
      agent: false,
      setHost: false,
    });
    let hasHead = false;
    outgoing.on("error", (error) => {
      if (!hasHead) reject(error);
    });
    outgoing.on("response", (incoming) => {
      hasHead = true;
      const chunks: Buffer[] = [];
      const end = (): void =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: pairs(incoming.rawHeaders),
          body: Buffer.concat(chunks).toString("utf8"),
          isBroken: !incoming.complete,
        });
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", end);
      incoming.on("end", end);
    });
    outgoing.end(content);
  });
}

/**
 * Writes octets to a connection as they are, and gives what comes back until the other side ends it. At a line `...`
 * the rest waits until something came back.
 */
export async function sendOctets(port: number, octets: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  const parts = octets.split("...\r\n");
  let received = "";
  return new Promise((resolve, reject) => {
    const next = (): void => void socket.write(parts.shift() ?? "", "latin1");
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
      if (parts.length > 0) next();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    next();
  });
}

/** Name and value alternating, as pairs. */
export function pairs(lines: readonly string[]): [string, string][] {
  return Array.from({ length: lines.length / 2 }, (_, index) => [lines[index * 2]!, lines[index * 2 + 1]!]);
}
