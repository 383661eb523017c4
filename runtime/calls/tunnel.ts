import type { Socket } from "node:net";
import type { Opening } from "./connect.ts";
import { CallFailure } from "./failure.ts";

/** Longest head of a proxy's answer, in bytes. */
const longestHead = 16_384;

export interface TunnelTarget {
  readonly url: URL;
  readonly proxy: URL;
  /** `host:port`, as the proxy is asked for it. */
  readonly to: string;
}

/** `Proxy-Authorization` for the user and password of a proxy's URL (RFC 7617 §2). */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === "") return undefined;
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

/** Asks a proxy for a way to the target (RFC 9110 §9.3.6). Rejects with a `CallFailure`. */
export async function openTunnel(socket: Socket, { url, proxy, to }: TunnelTarget, opening: Opening): Promise<void> {
  const credentials = proxyAuthorization(proxy);
  const lines = [
    `CONNECT ${to} HTTP/1.1`,
    `Host: ${to}`,
    ...(credentials === undefined ? [] : [`Proxy-Authorization: ${credentials}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const status = await readStatus(socket, opening);
  if (status >= 200 && status < 300) return;
  const remedy =
    status === 407 ? "Give its URL a user and a password" : "Look at what it lets pass, or name the host in NO_PROXY";
  const what = status === 0 ? "not in HTTP" : `with ${status}`;
  throw new CallFailure("proxy", `the proxy ${proxy.host} answered ${what} when asked for ${url.host}. ${remedy}`);
}

/** 0 where the answer is not one of HTTP. */
async function readStatus(socket: Socket, opening: Opening): Promise<number> {
  let head = "";
  while (true) {
    await opening.until(socket, "readable", "proxy");
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) continue;
    head += bytes.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > longestHead) return 0;
      continue;
    }
    // What a server says first comes behind the tunnel, and TLS lets the client speak first.
    return Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  }
}
