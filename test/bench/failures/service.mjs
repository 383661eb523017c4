// The service under failures: three endpoints, each a process that keeps its port however often it is killed.
import { join } from "node:path";
import { begin, message } from "../data-plane/processes.mjs";

const latency = 20;

class Endpoint {
  name;
  port = 0;
  #child;

  constructor(name) {
    this.name = name;
  }

  async start() {
    const args = [join(import.meta.dirname, "endpoint.mjs"), JSON.stringify({ name: this.name, port: this.port, latency })];
    this.#child = begin(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.port = (await message(this.#child)).port;
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await gone;
  }

  freeze() {
    this.#child.kill("SIGSTOP");
  }

  thaw() {
    this.#child.kill("SIGCONT");
  }

  feel(mood) {
    this.#child.send({ mood });
  }

  /** Requests by tenth of a second. A frozen one is woken and reads what it was sent; a killed one had nothing since. */
  async arrivals() {
    if (!this.#child.connected) return new Map();
    this.thaw();
    const answer = message(this.#child, ({ arrivals }) => arrivals !== undefined);
    this.#child.send({ arrivals: true });
    return new Map((await answer).arrivals);
  }
}

export const endpoints = ["a", "b", "c"].map((name) => new Endpoint(name));

/** New processes with the same ports, which have forgotten everything. */
export async function startEndpoints() {
  for (const endpoint of endpoints) await endpoint.start();
}

export async function killEndpoints() {
  for (const endpoint of endpoints) await endpoint.kill();
}
