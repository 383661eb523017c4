// How soon after a change in a registry the first request is at the new endpoint: of a built gateway with two workers.
import { spawn } from "node:child_process";
import { Agent, createServer, get } from "node:http";
import { stop } from "../data-plane/processes.mjs";
import { build, scratch, writeFiles } from "../support.mjs";
import { registries } from "./registries.mjs";

const rounds = 20;

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const gatewayOf = ({ discover, more = "" }) => `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
${more}routes: { orders: { match: { path: "/orders/**" }, service: orders, policies: { public: a sample } } }
services: { orders: { discover: ${discover} } }
`;

/** Milliseconds of each round, sorted. */
export async function pushedBy(name) {
  const folder = scratch();
  const registry = await registries[name](folder);
  // All of 127.0.0.0/8 is this machine: each endpoint is a new one.
  const origin = createServer((request, response) => void response.end(request.socket.localAddress));
  await new Promise((resolve) => origin.listen(0, "0.0.0.0", resolve));
  const { port } = origin.address();
  const addressOf = (round) => `127.9.${round}.1`;
  await registry.move(`${addressOf(0)}:${port}`);
  writeFiles(folder, { "gateway.yaml": gatewayOf(registry) });
  build(folder, `${folder}/out`);
  const gateway = spawn(process.execPath, [`${folder}/out/gateway.mjs`, "--workers", "2"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, KUBERNETES_TOKEN: "a-token-for-the-benchmark" },
  });
  process.once("exit", () => gateway.kill("SIGKILL"));
  gateway.stderr.setEncoding("utf8");
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  try {
    const listens = await new Promise((resolve) => {
      gateway.stderr.on("data", (text) => {
        const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const ask = () =>
      new Promise((resolve, reject) => {
        const request = get({ host: "127.0.0.1", port: listens, path: "/orders/1", agent }, (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (text) => (body += text));
          response.on("end", () => resolve(body));
        });
        request.on("error", reject);
      });
    const until = async (round) => {
      while ((await ask()) !== addressOf(round)) await later(2);
    };
    await until(0);
    const times = [];
    for (let round = 1; round <= rounds; round++) {
      // At no time of which it could be said how it stands to what the gateway does at regular intervals.
      await later(300 + Math.random() * 1_200);
      const before = performance.now();
      await registry.move(`${addressOf(round)}:${port}`);
      await until(round);
      times.push(performance.now() - before);
    }
    return times.toSorted((one, other) => one - other);
  } finally {
    agent.destroy();
    await stop(gateway);
    registry.close?.();
    origin.close().closeAllConnections();
  }
}
