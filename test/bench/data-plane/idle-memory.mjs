// What a kept connection costs a gateway while nothing happens on it.
import { readdirSync } from "node:fs";
import { saturate } from "./load.mjs";
import { begin, message, stop } from "./processes.mjs";

/** Bytes per connection, each of which has had one answer, over a process that has worked before and has no client now. */
export async function measureIdleMemory(gateways, connections) {
  const results = [];
  for (const gateway of gateways) {
    const { name, child, port } = gateway;
    await saturate(gateway, { path: "/" }, { seconds: 2 });
    await forgotten(child.pid);
    const rest = await memoryOf(child);
    const clients = await openClients(port, connections);
    const held = await memoryOf(child);
    await stop(clients);
    results.push({
      name,
      atRest: rest.rss,
      bytes: (held.rss - rest.rss) / connections,
      heapBytes: (held.heapUsed - rest.heapUsed) / connections,
    });
  }
  return results;
}

/** Resolves when a process has few files open: it has noticed that its clients are gone. */
async function forgotten(pid) {
  while (readdirSync(`/proc/${pid}/fd`).length > 100) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function memoryOf(child) {
  child.send("memory");
  const { memory } = await message(child, (received) => received.memory !== undefined);
  return memory;
}

/** A process that has opened its connections and got an answer on each. */
async function openClients(port, connections) {
  const clients = begin(
    process.execPath,
    [new URL("idle-clients.mjs", import.meta.url).pathname, String(port), String(connections)],
    {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    },
  );
  await message(clients);
  return clients;
}
