import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { built, metricsOf, running, sumOf } from "../faults/gateway.ts";
import { RawClient } from "../runtime/support/raw-client.ts";

/** Sends what it got so far to nobody, and answers at `end`. */
async function service(end: string) {
  const requests: { text: string; isBroken: boolean }[] = [];
  const server = createServer((socket) => {
    const request = { text: "", isBroken: false };
    requests.push(request);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      request.text += bytes.toString("latin1");
      if (request.text.endsWith(end)) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    });
    socket.on("close", () => {
      request.isBroken = !request.text.endsWith(end);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const spec = (schema: string): string => `openapi: 3.1.0
info: { title: Sample, version: "1" }
paths:
  /things:
    post:
      operationId: createThing
      requestBody: { required: true, content: { multipart/form-data: { schema: ${schema}, encoding: { file: { contentType: image/png } } } } }
      responses: { "201": { description: created } }
`;

const plain =
  "{ type: object, required: [name, file], additionalProperties: false, properties: { name: { type: string, maxLength: 5 }, note: { type: string }, file: { type: string, format: binary } } }";

async function gatewayTo(url: string, schema = plain, validate = "{ maxBody: 100KiB }") {
  const out = await built({
    "gateway.yaml": `gateway: uploads
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", limits: { bodyMemory: 1MiB } }
  admin: { port: "\${env:ADMIN_PORT}" }
apis: { things: { versions: { v1: { spec: openapi.yaml } }, service: backend } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
policies: { public: trial, metrics: {}, validate: ${validate} }
`,
    "openapi.yaml": spec(schema),
  });
  const gateway = await running(out, url);
  return { ...gateway, held: async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_body_memory_bytes") };
}

const head =
  "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const field = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const fileHead = (name = "file", type = "image/png"): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\nContent-Type: ${type}\r\n\r\n`;
const end = `${chunk("--b--\r\n")}0\r\n\r\n`;
const large = "p".repeat(100_000);

test("a file streams behind fields that are valid, and the form arrives as it was sent", async () => {
  const { url, requests } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url);
  const client = new RawClient(gateway.port).write(head + chunk(field("name", "a") + fileHead()) + chunk(large));
  await expect.poll(() => requests[0]?.text.length ?? 0).toBeGreaterThan(100_000);
  expect(await gateway.held()).toBeLessThan(80_000);
  for (let count = 0; count < 40; count++) client.write(chunk(large));
  await expect.poll(() => requests[0]!.text.length).toBeGreaterThan(4_000_000);
  expect(await gateway.held()).toBeLessThan(200_000);
  client.write(chunk(`\r\n${field("note", "n")}`) + end);
  expect((await client.answer()).body).toBe("done");
  const sent = requests[0]!.text.split("\r\n\r\n").slice(1).join("\r\n\r\n");
  expect(unchunked(sent)).toBe(`${field("name", "a")}${fileHead()}${large.repeat(41)}\r\n${field("note", "n")}--b--\r\n`);
  await expect.poll(() => gateway.held()).toBe(0);
  client.close();
});

test.each([
  ["a field behind it is not valid", field("name", "a"), `\r\n${field("other", "x")}`, 400],
  ["a part behind it has no name", field("name", "a"), "\r\n--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n", 400],
  ["it comes a second time, where one is allowed", field("name", "a"), `\r\n${fileHead()}${"q".repeat(10)}\r\n`, 400],
  ["the fields behind it are more than is held", field("name", "a"), `\r\n${field("note", "x".repeat(110_000))}`, 413],
] as const)("a form whose file has begun to stream never ends at the service where %s", async (_, before, behind, status) => {
  const { url, requests } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url);
  const client = new RawClient(gateway.port).write(head + chunk(before + fileHead()) + chunk(large));
  await expect.poll(() => requests[0]?.text.length ?? 0).toBeGreaterThan(100_000);
  const answer = await client.write(chunk(behind) + end).answer();
  expect(answer.status).toBe(status);
  await expect.poll(() => requests[0]!.isBroken).toBe(true);
  expect(requests[0]!.text).not.toMatch(/other|--b--|xxx|qqq/);
  await expect.poll(() => gateway.held()).toBe(0);
  client.close();
});

test.each([
  ["a field before it is not valid", field("name", "too long"), fileHead()],
  ["its media type is another", field("name", "a"), fileHead("file", "text/html")],
  ["it is not declared", field("name", "a"), fileHead("other")],
] as const)("nothing of a form with a large file reaches the service where %s", async (_, before, file) => {
  const { url, requests } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url);
  const client = new RawClient(gateway.port).write(
    head + chunk(before + file) + chunk(large.slice(0, 90_000)) + chunk("\r\n") + end,
  );
  expect((await client.answer()).status).toBe(400);
  expect(requests).toHaveLength(0);
  await expect.poll(() => gateway.held()).toBe(0);
  client.close();
});

test("a file in front of a field that has to be there is held, up to the bound", async () => {
  const { url, requests } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url);
  const small = large.slice(0, 90_000);
  const client = new RawClient(gateway.port).write(head + chunk(fileHead()) + chunk(small));
  await expect.poll(() => gateway.held()).toBeGreaterThan(90_000);
  expect(requests).toHaveLength(0);
  client.write(chunk(`\r\n${field("name", "a")}`) + end);
  expect((await client.answer()).body).toBe("done");
  const refused = new RawClient(gateway.port).write(head + chunk(fileHead()) + chunk(large) + chunk(large));
  expect((await refused.answer()).status).toBe(413);
  await expect.poll(() => gateway.held()).toBe(0);
  client.close();
  refused.close();
});

test("several files stream, and one that is missing is noticed before the end", async () => {
  const two =
    "{ type: object, required: [file, copy], properties: { file: { type: string, format: binary }, copy: { type: array, minItems: 2, items: { type: string, format: binary } } } }";
  const { url, requests } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url, two);
  const begin = head + chunk(fileHead()) + chunk(large) + chunk(`\r\n${fileHead("copy")}`) + chunk(large);
  const whole = new RawClient(gateway.port).write(begin + chunk(`\r\n${fileHead("copy")}x\r\n`) + end);
  expect((await whole.answer()).body).toBe("done");
  const short = new RawClient(gateway.port).write(begin + chunk("\r\n") + end);
  const answer = await short.answer();
  expect([answer.status, JSON.parse(answer.body).violations]).toEqual([
    400,
    [{ in: "body", pointer: "/copy", keyword: "minItems", message: expect.any(String) }],
  ]);
  expect(requests.filter(({ text }) => text.includes("--b--"))).toHaveLength(1);
  whole.close();
  short.close();
});

test("in report mode a form goes on, whatever is found", async () => {
  const { url } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url, plain, "{ request: report, maxBody: 100KiB }");
  for (const [before, behind] of [
    [field("name", "too long"), "\r\n"],
    [field("name", "a"), `\r\n${field("other", "x")}`],
    [field("name", "a"), "\r\n--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n"],
  ] as const) {
    const client = new RawClient(gateway.port).write(head + chunk(before + fileHead()) + chunk(large) + chunk(large));
    client.write(chunk(behind) + end);
    expect((await client.answer()).body).toBe("done");
    client.close();
  }
  expect(sumOf(await metricsOf(gateway.adminPort!), "gatewright_body_memory_bytes")).toBe(0);
});

test("what a client that leaves in the middle of an upload has sent is let go", async () => {
  const { url, requests } = await service("0\r\n\r\n");
  const gateway = await gatewayTo(url);
  const client = new RawClient(gateway.port).write(head + chunk(field("name", "a") + fileHead()) + chunk(large));
  await expect.poll(() => requests[0]?.text.length ?? 0).toBeGreaterThan(100_000);
  client.close();
  await expect.poll(() => requests[0]!.isBroken).toBe(true);
  await expect.poll(() => gateway.held()).toBe(0);
});

function unchunked(content: string): string {
  let text = "";
  for (let at = 0; at < content.length; ) {
    const line = content.indexOf("\r\n", at);
    const size = Number.parseInt(content.slice(at, line), 16);
    text += content.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
  return text;
}
