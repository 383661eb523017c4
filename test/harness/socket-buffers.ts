import { readFileSync } from "node:fs";

/**
 * Most bytes that the system holds of one direction of a connection over the loopback: those that were sent, and those that
 * were not read yet. It lets both grow while somebody reads quickly, so that what is written before a reader holds it up says
 * more about the machine than about the reader.
 */
export function socketBuffers(): number {
  const most = (name: string): number => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim().split(/\s+/)[2]);
  // Elsewhere than on Linux they are smaller.
  return process.platform === "linux" ? most("tcp_rmem") + most("tcp_wmem") : 8 * 1_048_576;
}
