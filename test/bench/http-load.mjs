// What benches of whole answers share: requests on connections that stay, and the CPU time that each costs a process.
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { threadsMicroseconds } from "./support.mjs";

const lastChunk = Buffer.from("0\r\n\r\n");

/** CPU microseconds of one request, over `count` of them: of a process, and of those that it began. */
export async function costOf(pid, port, request, count, check, connections) {
  await load(port, request, 200, check, connections);
  const before = cpuOfTree(pid);
  await load(port, request, count, check, connections);
  return (cpuOfTree(pid) - before) / count;
}

function cpuOfTree(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ");
  const of = (child) => (child === "" ? 0 : cpuOfTree(Number(child)));
  return threadsMicroseconds(pid) + children.reduce((sum, child) => sum + of(child), 0);
}

/** Sends `request`, a text or what gives one, `count` times in all. `check` gets the head of each answer, and throws where it is not as it should be. */
export async function load(port, request, count, check = () => {}, connections = 8) {
  let left = count;
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      let held = Buffer.alloc(0);
      const next = () =>
        left-- > 0 ? socket.write(typeof request === "string" ? request : request()) : resolve(void socket.destroy());
      socket.on("error", reject);
      socket.on("data", (chunk) => {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const end = held.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = held.toString("latin1", 0, end);
        const length = /content-length: (\d+)/i.exec(head);
        const isDone = length === null ? held.subarray(-5).equals(lastChunk) : held.length >= end + 4 + Number(length[1]);
        if (!isDone) return;
        try {
          check(head);
        } catch (error) {
          reject(error);
        }
        held = Buffer.alloc(0);
        next();
      });
      socket.on("connect", next);
    });
  await Promise.all(Array.from({ length: connections }, one));
}

/** The port of a gateway, from what it writes to standard error. */
export async function portIn(stream) {
  let text = "";
  for await (const chunk of stream) {
    text += chunk;
    const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(text);
    if (found !== null) {
      stream.resume();
      return Number(found[1]);
    }
  }
  throw new Error(`the gateway did not start: ${text}`);
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when something listens on the port. */
export async function reachable(port) {
  for (;;) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true) ?? socket.destroy());
      socket.on("error", () => resolve(false));
    });
    if (isOpen) return;
    await wait(20);
  }
}

/** A number among the arguments: `--requests=4000`. */
export const numberOption = (name, otherwise) =>
  Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise);
