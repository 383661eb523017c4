import { expect, onTestFinished, test, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import { OriginPool } from "../../runtime/upstream/origin-pool.ts";
import { type Behaviour, behaviours, startHostileOrigin } from "../harness/hostile-origin.ts";
import { DoneLog, forwarding, gateway, service, using } from "../runtime/support/gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";

const uploadBytes = 32 * 1_048_576;

function send(client: RawClient, request: Behaviour["request"]): void {
  if (request !== "upload") {
    client.write(get("/hostile").replace("GET", request ?? "GET"));
    return;
  }
  client.write(`POST /hostile HTTP/1.1\r\nHost: a\r\nContent-Length: ${uploadBytes}\r\n\r\n`);
  client.write(Buffer.alloc(uploadBytes, "x"));
}

/** The final answer in what a client got, with what stands before it removed. */
const final = (text: string): string => text.replace(/^(HTTP\/1.1 1\d\d [^]*?\r\n\r\n)*/, "");
const statusOf = (text: string): number => Number(/^HTTP\/1.1 (\d{3}) /.exec(final(text))?.[1] ?? 0);

/** Content of an answer; undefined while its end has not come. */
function contentOf(text: string, isHead: boolean): string | undefined {
  const answer = final(text);
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = answer.slice(0, end);
  let rest = answer.slice(end + 4);
  if (isHead || /^HTTP\/1.1 (204|304)/.test(head)) return rest;
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return rest.length >= Number(length) ? rest : undefined;
  let content = "";
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest);
    if (size === null) return undefined;
    const count = Number.parseInt(size[1]!, 16);
    if (count === 0) return rest === "0\r\n\r\n" ? content : undefined;
    content += rest.slice(size[0].length, size[0].length + count);
    rest = rest.slice(size[0].length + count + 2);
  }
}

test.each(Object.entries(behaviours))("a service that %s", async (_what, behaviour) => {
  const { outcome, request, status, body } = behaviour;
  let late = 0;
  const monotonic = clock.monotonic.bind(clock);
  vi.spyOn(clock, "monotonic").mockImplementation(() => monotonic() + late);
  onTestFinished(() => void vi.restoreAllMocks());
  const origin = await startHostileOrigin(behaviour);
  onTestFinished(() => origin.close());
  const orders = service([origin.url], { timeout: { connect: 5_000, response: 20_000 } });
  const { pool } = orders.endpoints[0]!;
  if (!(pool instanceof OriginPool)) throw new Error("another pool");
  const done = new DoneLog();
  await using(gateway(forwarding(orders, { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port);
    send(client, request);
    // Past the deadline; of an upload again and again, since what moves of it moves the deadline.
    let passing: NodeJS.Timeout | undefined;
    if (outcome === "late") void origin.asked.then(() => (passing = setInterval(() => (late += 20_001), 50)));
    const isHead = request === "HEAD";
    if (outcome === "silent") {
      await client.until((text) => /^HTTP\/1.1 200 [^]*\r\n\r\n/.test(text));
      late = 300_001;
    }
    if (outcome === "broken" || outcome === "silent") {
      const text = await client.rest();
      // The head alone may have been held back with what broke.
      expect([200, 0]).toContain(statusOf(text));
      expect(contentOf(text, isHead)).toBeUndefined();
    } else {
      const text = await client.until((all) => contentOf(all, isHead) !== undefined || statusOf(all) >= 500);
      expect(statusOf(text)).toBe(outcome === "answered" ? status : outcome === "late" ? 504 : 502);
      if (outcome === "answered") expect(contentOf(text, isHead)).toBe(body);
    }
    clearInterval(passing);
    expect((await done.take()).outcome).toBe(outcome === "answered" ? "complete" : "upstreamBroken");
    // Nothing of the one is taken for the answer to another, on whatever connection it comes.
    if (outcome === "answered" && request !== "upload") {
      client.text = "";
      client.write(get("/ok/same"));
      await client.until((text) => text.endsWith("/ok/same"));
    }
    const answers = await Promise.all([1, 2, 3].map((index) => exchange(port, get(`/ok/${index}`))));
    expect(answers.map((answer) => answer.body)).toEqual(["/ok/1", "/ok/2", "/ok/3"]);
    client.close();
    // Nothing is left but connections that can be used again.
    await vi.waitFor(() => {
      const { connections, idle, opening, waiting } = pool.counts;
      // A socket that is not read from does not see its end.
      const unseen = [...origin.sockets].filter((socket) => socket.isPaused()).length;
      expect([opening, waiting, connections - idle, origin.sockets.size - connections - unseen]).toEqual([0, 0, 0, 0]);
    });
  });
});

test.each([1, 0])("interim answers reach clients of HTTP/1.1 only; minor version %s", async (minor) => {
  const text =
    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const origin = await startHostileOrigin({ outcome: "answered", serve: (socket) => void socket.write(text) });
  onTestFinished(() => origin.close());
  await using(gateway(forwarding(service([origin.url]))), async ({ port }) => {
    const client = new RawClient(port).write(`GET / HTTP/1.${minor}\r\nHost: a\r\n\r\n`);
    const got = await client.until((all) => all.endsWith("ok"));
    expect(got.match(/HTTP\/1.1 \d+/g)).toEqual(
      minor === 1 ? ["HTTP/1.1 103", "HTTP/1.1 102", "HTTP/1.1 200"] : ["HTTP/1.1 200"],
    );
    client.close();
  });
});
