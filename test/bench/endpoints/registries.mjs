// Registries that tell of changes, each with one endpoint of the service, and how it moves. etcd and Redis are real servers;
// of Consul and Kubernetes there is what their protocols say of this one question.
import { renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createPort } from "node:net";
import { join } from "node:path";
import { Redis } from "ioredis";
import { begin } from "../data-plane/processes.mjs";

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const freePort = () =>
  new Promise((resolve) => {
    const server = createPort().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const servers = [];
async function listening(listener) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

async function etcd(folder) {
  const [port, peerPort] = [await freePort(), await freePort()];
  const [url, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const args = [
    ...["--data-dir", join(folder, "etcd"), "--log-level", "error"],
    ...["--listen-client-urls", url, "--advertise-client-urls", url],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
  ];
  // Its first lines come whatever the level.
  begin("etcd", args, { stdio: "ignore" });
  while ((await fetch(`${url}/health`).catch(() => undefined))?.ok !== true) await later(50);
  const base64 = (text) => Buffer.from(text).toString("base64");
  const move = async (address) => {
    const body = JSON.stringify({ key: base64("services/orders/one"), value: base64(JSON.stringify({ address })) });
    const answer = await fetch(`${url}/v3/kv/put`, { method: "POST", body });
    if (!answer.ok) throw new Error(`etcd answers with ${answer.status}`);
  };
  return { discover: `{ etcd: { addresses: ["${url}"], prefix: services/orders/ } }`, move };
}

async function redis(folder) {
  const port = await freePort();
  begin("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--loglevel", "warning"]);
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50 });
  client.on("error", () => {});
  const move = async (address) => {
    await client.set("registry:{orders}:one", JSON.stringify({ address }), "EX", 60);
    await client.publish("registry:{orders}", "one");
  };
  return {
    discover: "{ redis: { service: orders } }",
    more: `stores: { default: { redis: { url: "redis://127.0.0.1:${port}" } } }\n`,
    move,
    close: () => client.disconnect(),
  };
}

async function consul() {
  let [index, instances, waiting] = [1, [], []];
  const answer = (response) => response.writeHead(200, { "x-consul-index": String(index) }).end(JSON.stringify(instances));
  const address = await listening((request, response) => {
    if (request.url.includes(`index=${index}&`)) waiting.push(response);
    else answer(response);
  });
  const move = (next) => {
    const [Address, port] = next.split(":");
    index++;
    instances = [{ Node: { Address }, Service: { ID: "one", Port: Number(port), Weights: { Passing: 1 } } }];
    for (const response of waiting.splice(0)) answer(response);
  };
  return { discover: `{ consul: { address: "${address}", service: orders } }`, move };
}

async function kubernetes() {
  let [version, slice, watching] = [1, undefined, []];
  const address = await listening((request, response) => {
    if (!request.url.includes("watch=1"))
      return void response.end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items: slice ? [slice] : [] }));
    response.flushHeaders();
    watching.push(response);
  });
  const move = (next) => {
    const [host, port] = next.split(":");
    version++;
    slice = {
      metadata: { name: "orders-a", resourceVersion: String(version), labels: { "kubernetes.io/service-name": "orders" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: Number(port) }],
      endpoints: [{ addresses: [host], conditions: { ready: true }, targetRef: { uid: `pod-${version}` } }],
    };
    for (const response of watching) response.write(`${JSON.stringify({ type: "MODIFIED", object: slice })}\n`);
  };
  const token = "{ env: KUBERNETES_TOKEN }";
  return { discover: `{ kubernetes: { address: "${address}", namespace: shop, service: orders, token: ${token} } }`, move };
}

function file(folder) {
  const path = join(folder, "orders.json");
  const move = (address) => {
    writeFileSync(`${path}.new`, JSON.stringify([address]));
    renameSync(`${path}.new`, path);
  };
  return { discover: `{ file: { path: "${path}" } }`, move };
}

export const registries = { etcd, redis, consul, kubernetes, file };

export const closeServers = () => {
  for (const server of servers) server.close().closeAllConnections();
};
