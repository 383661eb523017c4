// Instructions, and time in user space, per request of a Node program that is started for it.
import { fork } from "node:child_process";
import { key, userMicroseconds } from "../support.mjs";
import { begin, message, stop } from "./processes.mjs";

/**
 * @param counter that of `chooseCounter`
 * @param args of Node
 * @param portOf the port in a message of the child, or something false
 * @param request what `counted-requests.mjs` sends
 */
export async function countInstructions(counter, args, portOf, request, warmUp) {
  const { child, send } = await started(counter.command(args), portOf, request);
  const found = await counter.count(child, send, warmUp);
  await stop(child);
  return found;
}

/** Microseconds in user space that the same requests take, in the quickest of some rounds: what others do here only adds. */
export async function userTimeOf(args, portOf, request) {
  const { child, send } = await started([process.execPath, args], portOf, request);
  await send(6_000);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = userMicroseconds(child.pid);
    await send(8_000);
    least = Math.min(least, (userMicroseconds(child.pid) - before) / 8_000);
  }
  await stop(child);
  return least;
}

async function started(command, portOf, request) {
  const child = begin(...command, {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, ACME_KEY: key },
  });
  const port = portOf(await message(child, (said) => Boolean(portOf(said))));
  const send = async (count) => {
    const client = fork(new URL("counted-requests.mjs", import.meta.url), [JSON.stringify({ port, count, key, ...request })]);
    const code = await new Promise((resolve) => client.on("exit", resolve));
    if (code !== 0) throw new Error(`requests ended with ${code}`);
  };
  return { child, send };
}

/** For a built gateway. */
export const portOfGateway = (said) => said.gatewright === "ready" && said.port;
