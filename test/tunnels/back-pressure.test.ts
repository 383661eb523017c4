import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { socketBuffers } from "../harness/socket-buffers.ts";
import { bytesHandshake, bytesService, client, type Line, tunnelGateway } from "./support.ts";

const chunkBytes = 65_536;
const chunks = 4_096;

/** What the gateway may hold between two sides, and with the sockets on the way; far less than is sent. */
const mostHeld = 48 * 1024 * 1024;
const mostTaken = 2 * socketBuffers() + mostHeld;

/** Writes 256 MiB as fast as the other side takes them. */
class Flood {
  readonly hash = createHash("sha256");
  taken = 0;
  readonly written: Promise<void>;

  constructor(socket: Socket) {
    this.written = new Promise((resolve) => {
      let left = chunks;
      const next = (): void => {
        while (left > 0) {
          const chunk = Buffer.alloc(chunkBytes, left-- & 0xff);
          this.hash.update(chunk);
          const hasRoom = socket.write(chunk, () => {
            this.taken += chunkBytes;
          });
          if (!hasRoom) {
            socket.once("drain", next);
            return;
          }
        }
        resolve();
      };
      next();
    });
  }
}

/** Reads the rest of a flood. */
function drink(socket: Socket): Promise<string> {
  const hash = createHash("sha256");
  let length = 0;
  return new Promise((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      hash.update(chunk);
      length += chunk.length;
      if (length === chunks * chunkBytes) resolve(hash.digest("hex"));
    });
    socket.resume();
  });
}

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;

test.each([
  ["client", "service"],
  ["service", "client"],
] as const)("a %s that does not read holds up the %s, and nobody else", async (slowName, fastName) => {
  const upstream = await bytesService();
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = client(gateway.port, bytesHandshake);
  const service = await upstream.next();
  await ours.has("\r\n\r\n");
  const sides: Record<"client" | "service", Line> = { client: ours, service };
  const { [slowName]: slow, [fastName]: fast } = sides;
  const before = residentBytes(gateway.process.pid!);
  slow.socket.removeAllListeners("data").pause();
  const flood = new Flood(fast.socket);
  // The other direction goes on meanwhile, which is what the flood gets as time.
  for (let round = 0; round < 2_000; round++) {
    slow.socket.write(`${round};`);
    await fast.has(`${round};`);
  }
  expect(flood.taken).toBeGreaterThan(0);
  expect(flood.taken).toBeLessThan(mostTaken);
  expect(residentBytes(gateway.process.pid!) - before).toBeLessThan(mostHeld);
  const [digest] = await Promise.all([drink(slow.socket), flood.written]);
  expect(digest).toBe(flood.hash.digest("hex"));
});
