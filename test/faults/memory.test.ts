import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { keptFor } from "../harness/kept-connections.ts";
import { residentMebibytes } from "../harness/process-state.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { built, gatewayFile, metricsOf, running, sumOf } from "./gateway.ts";

/** `SOAK=1`: as many clients as the promise names, which takes the kernel gigabytes; otherwise a hundred. */
const many = process.env.SOAK === "1" ? 1_000 : 100;

/** Gigabytes go over the loopback here; milliseconds for all of a test, and for each thing that it waits for. */
const [limit, patience] = [600_000, 240_000];

/** MiB that a gateway may have beyond its memory at rest. A body alone, held for each client, would be three times that. */
const most = 300;

const bodyBytes = 10 * 1024 * 1024;

async function service(listener: RequestListener): Promise<string> {
  const server = createServer({ keepAliveTimeout: keptFor }, listener);
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function gatewayTo(url: string, responseTimeout = "60s"): Promise<RunningGateway & { readonly atRest: number }> {
  const file = gatewayFile("policies: { metrics: {} }\n", "{ connections: 12000, requests: 12000 }");
  const gateway = await running(await built({ "gateway.yaml": file.replace("60s", responseTimeout) }), url);
  await exchange(gateway.adminPort!, get("/healthz"));
  return { ...gateway, atRest: residentMebibytes(gateway.process.pid!) };
}

const grownBy = ({ process, atRest }: RunningGateway & { readonly atRest: number }): number =>
  residentMebibytes(process.pid!) - atRest;

/** Sockets that do not read until they are told to, a bounded number of them at a time. */
async function opened(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(200, count - sockets.length) }, () => connect(port, "127.0.0.1").pause());
    sockets.push(...batch);
    await Promise.all(batch.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  }
  return sockets;
}

/** Resolves once a number stays the same from one look to the next. */
async function settled(look: () => number): Promise<void> {
  let before = -1;
  // The kernel fills its buffers at its own pace.
  await expect
    .poll(
      () => {
        const now = look();
        const isSame = now === before && now > 0;
        before = now;
        return isSame;
      },
      { timeout: patience, interval: 500 },
    )
    .toBe(true);
}

test(
  "ten thousand idle connections are held in bounded memory, and each still works",
  async () => {
    const gateway = await gatewayTo(await service((_request, response) => response.end("hello")));
    const sockets = await opened(gateway.port, 10_000);
    await expect
      .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_connections"), { timeout: patience })
      .toBe(10_000);
    expect(grownBy(gateway)).toBeLessThan(most);
    for (const socket of sockets.filter((_, index) => index % 500 === 0)) {
      const answered = new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(bytes.toString("latin1", 0, 12))));
      socket.resume().write(get("/things"));
      expect(await answered).toBe("HTTP/1.1 200");
    }
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_connections"), { timeout: patience })
      .toBe(0);
  },
  limit,
);

test(
  `${many} clients that do not read a large answer hold up their services, not memory, and get all of it when they read on`,
  async () => {
    const piece = Buffer.alloc(65_536, "x");
    let sent = 0;
    const url = await service((_request, response) => {
      response.setHeader("Content-Length", bodyBytes);
      let left = bodyBytes;
      const go = (): void => {
        while (left > 0) {
          left -= piece.length;
          sent += piece.length;
          if (!response.write(piece)) return void response.once("drain", go);
        }
        response.end();
      };
      go();
    });
    const gateway = await gatewayTo(url);
    const sockets = await opened(gateway.port, many);
    for (const socket of sockets) socket.write(get("/things", "Connection: close\r\n"));
    await settled(() => sent);
    expect(sent).toBeLessThan(bodyBytes * many);
    expect(grownBy(gateway)).toBeLessThan(most);
    const lengths = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<number>((resolve, reject) => {
            let head = "";
            let length = 0;
            socket.on("data", (bytes: Buffer) => {
              if (length === 0) head = bytes.toString("latin1", 0, bytes.indexOf("\r\n\r\n") + 4);
              length += bytes.length;
            });
            socket.on("end", () => resolve(length - head.length));
            socket.on("error", reject);
            socket.resume();
          }),
      ),
    );
    expect(lengths.every((length) => length === bodyBytes)).toBe(true);
    expect(grownBy(gateway)).toBeLessThan(most);
  },
  limit,
);

test(
  `${many} uploads to a service that does not read wait at their clients, and arrive whole when it reads on`,
  async () => {
    const waiting: IncomingMessage[] = [];
    let received = 0;
    const url = await service((request, response) => {
      waiting.push(request);
      request.once("end", () => response.end("thanks"));
    });
    const gateway = await gatewayTo(url);
    const sockets = await opened(gateway.port, many);
    const body = Buffer.alloc(bodyBytes, "y");
    const answers = sockets.map(
      (socket) =>
        new Promise<string>((resolve, reject) => {
          socket.once("data", (bytes) => resolve(bytes.toString("latin1", 0, 12)));
          socket.once("error", reject);
          socket.resume();
          socket.write(`POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
          socket.write(body);
        }),
    );
    await expect.poll(() => waiting.length, { timeout: patience }).toBe(many);
    const unsent = (): number => sockets.reduce((sum, { writableLength }) => sum + writableLength, 0);
    await settled(unsent);
    expect(grownBy(gateway)).toBeLessThan(most);
    for (const request of waiting) request.on("data", (bytes: Buffer) => (received += bytes.length));
    expect((await Promise.all(answers)).every((answer) => answer === "HTTP/1.1 200")).toBe(true);
    expect(received).toBe(bodyBytes * many);
    expect(grownBy(gateway)).toBeLessThan(most);
  },
  limit,
);

test(
  `${many} clients that stop in the middle of a body that is held take no more memory than there is for bodies`,
  async () => {
    const url = await service((request, response) => request.resume().once("end", () => response.end("thanks")));
    const out = await built({
      "gateway.yaml": `gateway: held
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", limits: { bodyMemory: 16MiB } }
  admin: { port: "\${env:ADMIN_PORT}" }
apis: { things: { versions: { v1: { spec: openapi.yaml } }, service: backend } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
policies: { public: trial, metrics: {} }
`,
      "openapi.yaml": `openapi: 3.1.0
info: { title: Things, version: "1" }
paths:
  /things:
    post:
      operationId: createThing
      requestBody: { required: true, content: { application/json: { schema: { type: array } } } }
      responses: { "201": { description: created } }
`,
    });
    const gateway = await running(out, url);
    const memory = async (name: string): Promise<number> => sumOf(await metricsOf(gateway.adminPort!), `gatewright_${name}`);
    const head = (length: number): string =>
      `POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    expect((await exchange(gateway.port, `${head(2)}[]`)).body).toBe("thanks");
    const atRest = residentMebibytes(gateway.process.pid!);
    let refused = 0;
    const sockets = await opened(gateway.port, many);
    for (const socket of sockets) {
      socket.on("error", () => {});
      socket.once("data", (bytes) => void (bytes.toString("latin1", 9, 12) === "503" && refused++));
      socket.resume().write(head(1_000_000) + "1".repeat(900_000));
    }
    // Each of them is held or refused: what fits is 18 of them at most.
    await expect.poll(() => refused, { timeout: patience }).toBeGreaterThanOrEqual(many - 18);
    await settled(() => refused);
    expect(await memory("bodies_refused_total")).toBeLessThanOrEqual(refused);
    expect(await memory("body_memory_bytes")).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(await memory("body_memory_bytes")).toBeGreaterThan(10 * 1024 * 1024);
    expect(residentMebibytes(gateway.process.pid!) - atRest).toBeLessThan(150);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => memory("body_memory_bytes"), { timeout: patience }).toBe(0);
    expect((await exchange(gateway.port, `${head(900_000)}[${"1,".repeat(449_998)}10]`)).body).toBe("thanks");
  },
  limit,
);

test("heads and bodies that come octet by octet are ended by their deadlines", async () => {
  const gateway = await gatewayTo(
    await service((request, response) => request.resume().once("end", () => response.end())),
    "20m",
  );
  const clients = Array.from({ length: 200 }, (_, index) => {
    const client = new RawClient(gateway.port);
    const isBody = index % 2 === 1;
    if (isBody) client.write("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    else client.write("GET /things HTTP/1.1\r\nX: ");
    const drip = (): void => {
      if (!client.isEnded && !client.socket.destroyed) client.socket.write("a", () => setTimeout(drip, 20));
    };
    drip();
    return { client, isBody };
  });
  onTestFinished(() => {
    for (const { client } of clients) client.close();
  });
  await expect
    .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_connections"), { timeout: patience })
    .toBe(200);
  await gateway.advance(16_000);
  for (const { client } of clients.filter(({ isBody }) => !isBody)) expect((await client.answer()).status).toBe(408);
  expect(clients.filter(({ client, isBody }) => isBody && client.isEnded)).toEqual([]);
  await gateway.advance(300_000);
  for (const { client } of clients.filter(({ isBody }) => isBody)) expect((await client.answer()).status).toBe(408);
  await gateway.advance(3_000);
  await expect
    .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_connections"), { timeout: patience })
    .toBe(0);
});
