import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below what a system gives to those who ask for any port (from 32768 on Linux, 49152 elsewhere): between the look and the
// bind nobody gets it by chance, neither a listener on port 0 nor an outgoing connection. Each worker of Vitest has a part
// of its own. Nodes of a Redis Cluster also listen 10,000 above, where nothing is given out.
const [first, parts, size] = [12_000, 8, 1_250] as const;

const part = first + (Number(process.env.VITEST_POOL_ID ?? 0) % parts) * size;
const given = new Set<number>();

/**
 * A port of 127.0.0.1 on which nobody listens, for a program that must be told one, and for a service that goes and comes
 * back. It is given out once; what can choose its port itself listens on port 0.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = part + randomInt(size);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
