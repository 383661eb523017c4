import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Client } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { component } from "../../harness/component.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { repository } from "../../harness/sample.ts";

/** Clients that nobody here wrote, against a gateway as it is built. */
let service: Server;
let gateway: RunningGateway;
let dispose: () => void;
/** Answers of the service that broke off because the client left. */
let brokenOff = 0;
let url: string;

beforeAll(async () => {
  service = createServer((request, response) => {
    if (request.url === "/trailers") {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("hello");
      response.addTrailers({ "X-Sum": "5" });
      response.end();
    } else if (request.url === "/endless") {
      response.on("close", () => (brokenOff += 1));
      response.write("begin");
    } else {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { url: target, headers } = request;
        const framing = headers["transfer-encoding"] ?? headers["content-length"] ?? "none";
        response.end(JSON.stringify({ target, framing, expect: headers.expect, length: Buffer.concat(chunks).length }));
      });
    }
  });
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const built = await buildForTest(join(repository, "test/samples/http/connections/gateway.yaml"));
  dispose = built.dispose;
  const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  gateway = await startGateway(built.out, { PORT: "0", UPSTREAM: upstream });
  url = `http://127.0.0.1:${gateway.port}`;
});

afterAll(async () => {
  await gateway?.stop();
  dispose?.();
  service.close();
  service.closeAllConnections();
});

/** Runs curl, which gives up after a while, and gives what it printed. */
async function curl(args: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<{ output: string; log: string }> {
  const child = spawn(await component("curl"), [
    "--silent",
    "--show-error",
    "--verbose",
    "--max-time",
    "30",
    "--noproxy",
    "*",
    ...args,
  ]);
  let [output, log] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number];
  expect(code, log).toBe(0);
  return { output, log };
}

describe("curl", () => {
  test("two requests on one connection", async () => {
    const { output, log } = await curl(["--http1.1", `${url}/1`, `${url}/2`]);
    expect(output).toContain('"target":"/1"');
    expect(output).toContain('"target":"/2"');
    expect(log).toMatch(/Re-using existing connection/);
  });

  test("HTTP/1.0", async () => {
    const { output, log } = await curl(["--http1.0", `${url}/1`, `${url}/2`]);
    expect(output).toContain('"target":"/2"');
    expect(log).toContain("< Connection: close");
    expect(log).not.toContain("Re-using");
  });

  test("HEAD", async () => {
    const { output } = await curl(["--head", `${url}/1`, `${url}/2`]);
    expect(output.match(/^HTTP\/1\.1 200 OK/gm)).toHaveLength(2);
  });

  test("a large body that waits for 100 Continue", async () => {
    const body = randomBytes(4 * 1024 * 1024);
    const { output, log } = await curl(
      ["--expect100-timeout", "25", "-H", "Expect: 100-continue", "--data-binary", "@-", `${url}/up`],
      body,
    );
    expect(JSON.parse(output)).toEqual({ target: "/up", framing: String(body.length), length: body.length });
    expect(log).toContain("< HTTP/1.1 100 Continue");
  });

  test("a large body that is refused before it was sent", async () => {
    const { log } = await curl(
      ["--expect100-timeout", "25", "-H", "Expect: 100-continue", "-X", "PUT", "--data-binary", "@-", `${url}/up`],
      randomBytes(65_536),
    );
    expect(log).toContain("< HTTP/1.1 405 Method Not Allowed");
    expect(log).not.toContain("100 Continue");
  });

  test("a body of unknown length", async () => {
    const body = randomBytes(300_000);
    const { output } = await curl(["-X", "POST", "-T", "-", `${url}/up`], body);
    expect(JSON.parse(output)).toMatchObject({ framing: "chunked", length: body.length });
  });

  test("trailers", async () => {
    const { output } = await curl(["--raw", "-H", "TE: trailers", "-H", "Connection: TE", `${url}/trailers`]);
    expect(output).toBe("5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n");
  });
});

describe("undici", () => {
  test("ten requests under way on one connection, answered in their order", async () => {
    const client = new Client(url, { pipelining: 10 });
    const answered: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const isUpload = index % 7 === 0;
        const { body } = await client.request({
          path: `/${index}`,
          method: isUpload ? "POST" : "GET",
          body: isUpload ? randomBytes(index * 100) : null,
        });
        expect(await body.json()).toMatchObject({ target: `/${index}`, length: isUpload ? index * 100 : 0 });
        answered.push(index);
      }),
    );
    expect(answered).toEqual(answered.toSorted((a, b) => a - b));
    await client.close();
  });

  test("one that leaves in the middle of an answer ends it at the service, and the next is answered", async () => {
    const client = new Client(url);
    const stop = new AbortController();
    const { body } = await client.request({ path: "/endless", method: "GET", signal: stop.signal });
    const [first] = (await once(body, "data")) as [Buffer];
    expect(first.toString()).toBe("begin");
    const failed = once(body, "error");
    stop.abort();
    await failed;
    await expect.poll(() => brokenOff).toBe(1);
    const next = await client.request({ path: "/next", method: "GET" });
    expect(await next.body.json()).toMatchObject({ target: "/next" });
    await client.close();
  });
});
