import { execFile, spawn } from "node:child_process";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { built, gatewayFile, running } from "../faults/gateway.ts";
import { component } from "../harness/component.ts";
import { sendRequest } from "../harness/http-client.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { fieldOf, RawClient } from "../runtime/support/raw-client.ts";

const events = 5;
const event = (id: number): string => `id: ${id}\ndata: event ${id}\n\n`;
const whole = Array.from({ length: events }, (_, id) => event(id)).join("");

interface Framing {
  readonly head: string;
  write(text: string): string;
  readonly end: string;
  readonly closes: boolean;
}

/** How a service may say where a stream ends (RFC 9112 §6.3). */
const framings: Readonly<Record<string, Framing>> = {
  chunked: {
    head: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    write: (text) => `${text.length.toString(16)}\r\n${text}\r\n`,
    end: "0\r\n\r\n",
    closes: false,
  },
  "of announced length": {
    head: `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${whole.length}\r\n\r\n`,
    write: (text) => text,
    end: "",
    closes: false,
  },
  "closed by its end": {
    head: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
    write: (text) => text,
    end: "",
    closes: true,
  },
  "of HTTP/1.0": {
    head: "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
    write: (text) => text,
    end: "",
    closes: true,
  },
};

/**
 * A service that sends the next event of `/events` only when somebody says, in another request, that the one before has
 * arrived: a gateway that holds anything back would wait for ever.
 */
async function eventService(framing: Framing): Promise<{ readonly url: string; readonly streams: Socket[] }> {
  const streams: Socket[] = [];
  const sockets = new Set<Socket>();
  let next = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const isStream = text.startsWith("GET /events");
        text = text.slice(end + 4);
        if (isStream) {
          next = 0;
          streams.push(socket);
          // The head alone has to arrive as well.
          socket.write(framing.head);
          continue;
        }
        const stream = streams.at(-1)!;
        stream.write(framing.write(event(next++)));
        if (next === events) {
          stream.write(framing.end);
          if (framing.closes) stream.end();
        }
        socket.write("HTTP/1.1 204 No Content\r\n\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, streams };
}

const acknowledge = (gateway: RunningGateway): Promise<unknown> =>
  sendRequest(gateway.port, { method: "GET", target: "/arrived", headers: [], body: "" });

for (const version of ["HTTP/1.1", "HTTP/1.0"]) {
  test.each(Object.keys(framings))(`each event of a stream %s reaches a client of ${version} at once`, async (name) => {
    const service = await eventService(framings[name]!);
    const gateway = await running(await built({ "gateway.yaml": gatewayFile() }), service.url);
    const client = new RawClient(gateway.port).write(`GET /events ${version}\r\nHost: a\r\n\r\n`);
    onTestFinished(() => client.close());
    await client.until((text) => text.includes("\r\n\r\n"));
    for (let id = 0; id < events; id++) {
      await acknowledge(gateway);
      await client.until((text) => text.includes(`data: event ${id}\n\n`));
    }
    const [head = ""] = client.text.split("\r\n\r\n");
    const lines = head.split("\r\n");
    const hasLength = name === "of announced length";
    expect(fieldOf(lines, "Content-Length")).toBe(hasLength ? String(whole.length) : undefined);
    if (version === "HTTP/1.1" && !hasLength) {
      expect(fieldOf(lines, "Transfer-Encoding")).toBe("chunked");
      await client.until((text) => text.endsWith("\r\n0\r\n\r\n"));
    } else if (version === "HTTP/1.0") {
      // The end of the connection is the end of the stream.
      expect((await client.rest()).endsWith(whole)).toBe(true);
    }
  });
}

test("curl gets each event at once", async () => {
  const service = await eventService(framings.chunked!);
  const gateway = await running(await built({ "gateway.yaml": gatewayFile() }), service.url);
  const child = spawn(await component("curl"), ["-sSN", "--max-time", "50", `http://127.0.0.1:${gateway.port}/events`]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const closed = new Promise((resolve) => child.once("close", resolve));
  let text = "";
  let wake: () => void = () => {};
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    wake();
  });
  await expect.poll(() => service.streams.length).toBe(1);
  for (let id = 0; id < events; id++) {
    await acknowledge(gateway);
    while (!text.includes(event(id))) await new Promise<void>((resolve) => (wake = resolve));
  }
  await closed;
  expect(text).toBe(whole);
});

test("a client that leaves a stream ends it at the service", async () => {
  const service = await eventService(framings.chunked!);
  const gateway = await running(await built({ "gateway.yaml": gatewayFile("policies: { accessLog: {} }\n") }), service.url);
  const client = new RawClient(gateway.port).write("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until((text) => text.includes("\r\n\r\n"));
  await acknowledge(gateway);
  expect(JSON.parse(await gateway.log.next())).toMatchObject({ path: "/arrived" });
  await client.until((text) => text.includes("event 0"));
  const gone = new Promise<void>((resolve) => service.streams[0]!.once("close", () => resolve()));
  client.close();
  await gone;
  expect(JSON.parse(await gateway.log.next())).toMatchObject({ path: "/events", status: 200, outcome: "clientGone" });
});

test.each([
  ["5 minutes", "", 290_000],
  ["what `timeout` says", ", timeout: { idle: 30s }", 29_000],
])("a stream may be silent for %s, and is cut off behind that", async (_name, policy, silence) => {
  const service = await eventService(framings.chunked!);
  const file = gatewayFile("policies: { accessLog: {} }\n").replace("public: faults", `public: faults${policy}`);
  const gateway = await running(await built({ "gateway.yaml": file }), service.url);
  const client = new RawClient(gateway.port).write("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until((text) => text.includes("\r\n\r\n"));
  for (let id = 0; id < 3; id++) {
    await gateway.advance(silence);
    await acknowledge(gateway);
    await gateway.log.next();
    await client.until((text) => text.includes(`event ${id}`));
  }
  await gateway.advance(silence + 11_000);
  // Without the last chunk the client knows that something is missing.
  expect((await client.rest()).endsWith("0\r\n\r\n")).toBe(false);
  expect(JSON.parse(await gateway.log.next())).toMatchObject({ path: "/events", outcome: "upstreamBroken", error: "timeout" });
});

test("a download of 300 MB passes through a gateway that stays small", async () => {
  const megabyte = Buffer.alloc(1_000_000, "0123456789");
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${300 * megabyte.length}\r\n\r\n`);
      let left = 300;
      const more = (): void => {
        while (left > 0) {
          left--;
          if (!socket.write(megabyte)) return void socket.once("drain", more);
        }
      };
      more();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await running(await built({ "gateway.yaml": gatewayFile("policies: { metrics: {} }\n") }), url);
  const resident = async (): Promise<number> => {
    const { body } = await sendRequest(gateway.adminPort!, { method: "GET", target: "/metrics", headers: [], body: "" });
    return Number(/^process_resident_memory_bytes\{[^}]*\} (\d+)$/m.exec(body)![1]);
  };
  const before = await resident();
  const options = ["-sS", "-o", "/dev/null", "-w", "%{size_download} %{http_code}", "--limit-rate", "150M", "--max-time", "50"];
  const { stdout } = await promisify(execFile)(await component("curl"), [...options, `http://127.0.0.1:${gateway.port}/big`]);
  expect(stdout).toBe(`${300 * megabyte.length} 200`);
  expect((await resident()) - before).toBeLessThan(100_000_000);
});
