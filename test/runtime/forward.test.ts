import { afterEach, expect, test } from "vitest";
import type { Operation } from "../../runtime/gateway/operation.ts";
import type { ForwardConfig } from "../../runtime/upstream/forward.ts";
import { DoneLog, forwarding, gateway, plainForward, service, using } from "./support/gateway.ts";
import { exchange, fieldOf, get, RawClient } from "./support/raw-client.ts";
import { answering, ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";

const open: RawUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  open.push(upstream);
  return upstream;
}

/** What the service saw of one request. */
async function seenBy(
  request: string,
  options: { base?: string; trusted?: string[]; config?: ForwardConfig; change?: Partial<Operation> } = {},
) {
  let seen = "";
  const upstream = await upstreamOf(
    answering((head) => {
      seen = head;
      return ok("");
    }),
  );
  const any = forwarding(service([upstream.url + (options.base ?? "")]), options.change, options.config ?? plainForward);
  await using(gateway(any, {}, options.trusted), async ({ port }) => {
    expect((await exchange(port, request)).status).toBe(200);
  });
  const [start = "", ...lines] = seen.split("\r\n");
  return { start, lines, field: (name: string) => fieldOf(lines, name), port: upstream.port };
}

test("sends method, path, query and fields, with the Host of the endpoint", async () => {
  const seen = await seenBy(
    "DELETE /v1/orders/7?a=1&b=%20 HTTP/1.1\r\nHost: shop.example.com\r\nX-Odd-Case: yes\r\nAccept: a\r\nAccept: b\r\n\r\n",
  );
  expect(seen.start).toBe("DELETE /v1/orders/7?a=1&b=%20 HTTP/1.1");
  expect(seen.lines).toContain("X-Odd-Case: yes");
  expect(seen.lines.filter((line) => line.startsWith("Accept:"))).toEqual(["Accept: a", "Accept: b"]);
  expect(seen.field("host")).toBe(`127.0.0.1:${seen.port}`);
  expect(seen.field("via")).toBe("1.1 gatewright (test 0)");
});

test("a Via with its own name among others is a request that comes back (RFC 9110 §7.6.3)", async () => {
  const any = forwarding(service(["http://127.0.0.1:9"]));
  await using(gateway(any), async ({ port }) => {
    expect((await exchange(port, get("/", "Via: 1.1 edge, 1.1 gatewright (test 0), 1.1 inner\r\n"))).status).toBe(508);
    expect((await exchange(port, get("/", "Via: 1.1 edge\r\nVia: 1.1 gatewright (test 0)\r\n"))).status).toBe(508);
  });
});

test("puts base path and prepend in front of what is left of the path", async () => {
  const seen = await seenBy(get("/v1/orders/7?x"), {
    base: "/base/",
    config: { strip: 3, prepend: "/api", responseTimeout: 0, idleTimeout: 300_000 },
  });
  expect(seen.start).toBe("GET /base/api/orders/7?x HTTP/1.1");
});

test("a stripped path still starts with a slash", async () => {
  const seen = await seenBy(get("/v1"), { config: { strip: 3, prepend: "", responseTimeout: 0, idleTimeout: 300_000 } });
  expect(seen.start).toBe("GET / HTTP/1.1");
});

test("upstreamRequest hooks change path, query, host and fields", async () => {
  const seen = await seenBy(get("/orders"), {
    change: {
      upstreamRequest(_x, upstream) {
        upstream.path = "/other";
        upstream.query = "q=2";
        upstream.host = "internal.example.com";
        upstream.headers.set("X-Added", "1");
      },
    },
  });
  expect(seen.start).toBe("GET /other?q=2 HTTP/1.1");
  expect(seen.field("host")).toBe("internal.example.com");
  expect(seen.field("x-added")).toBe("1");
});

test("hop-by-hop fields and those named in Connection stay behind", async () => {
  const seen = await seenBy(
    get(
      "/",
      "Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: websocket\r\nProxy-Authorization: Basic eA==\r\nX-Kept: 1\r\n",
    ),
  );
  for (const name of ["x-secret", "keep-alive", "proxy-connection", "trailer", "upgrade", "proxy-authorization"])
    expect(seen.field(name), name).toBeUndefined();
  expect(seen.field("x-kept")).toBe("1");
  // The gateway takes trailers itself, where its client does.
  expect([seen.field("te"), seen.field("connection")]).toEqual(["trailers", "TE"]);
});

test("forwarding fields of clients that are not trusted are replaced", async () => {
  const seen = await seenBy(
    get(
      "/",
      "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nX-Real-IP: 6.6.6.6\r\n",
    ),
  );
  expect(seen.field("x-forwarded-for")).toBe("127.0.0.1");
  expect(seen.field("forwarded")).toBe("for=127.0.0.1;host=shop.example.com;proto=http");
  expect(seen.field("x-forwarded-proto")).toBe("http");
  expect(seen.field("x-forwarded-host")).toBe("shop.example.com");
  expect(seen.lines.join("\n")).not.toContain("6.6.6.6");
  expect(seen.field("x-forwarded-port")).toBeUndefined();
});

test("forwarding fields of trusted proxies are kept and extended", async () => {
  let ip = "";
  const seen = await seenBy(
    get(
      "/",
      "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.example.com\r\n",
    ),
    {
      trusted: ["127.0.0.0/8"],
      change: {
        upstreamRequest(x) {
          ip = `${x.peer.ip} ${x.peer.connectionIp} ${x.peer.secure}`;
        },
      },
    },
  );
  expect(ip).toBe("203.0.113.9 127.0.0.1 true");
  expect(seen.field("x-forwarded-for")).toBe("6.6.6.6, 203.0.113.9, 127.0.0.1");
  // Proxies that write the one family pass the other on as a client made it up.
  expect(seen.field("forwarded")).toBeUndefined();
  expect(seen.field("x-forwarded-proto")).toBe("https");
  expect(seen.field("x-forwarded-host")).toBe("public.example.com");
});

test("answers lose hop-by-hop fields and keep the rest as it was sent", async () => {
  const upstream = await upstreamOf(
    answering(
      ok(
        "hello",
        "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Latin: caf\xe9\r\n",
      ),
    ),
  );
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const answer = await exchange(port, get("/"));
    expect(answer.body).toBe("hello");
    expect(answer.lines.filter((line) => line.startsWith("Set-Cookie"))).toEqual(["Set-Cookie: a=1", "Set-Cookie: b=2"]);
    expect(answer.field("x-hop")).toBeUndefined();
    expect(answer.field("proxy-authenticate")).toBeUndefined();
    expect(answer.field("keep-alive")).not.toBe("timeout=9");
    expect(answer.field("x-latin")).toBe("caf\xe9");
    const x = await done.take();
    expect([x.outcome, x.bytesSent, x.answer?.status, x.upstream?.error]).toEqual(["complete", 5, 200, ""]);
    expect(x.upstream?.headAt).toBeGreaterThanOrEqual(x.upstream!.startedAt);
  });
});

test.each([
  [
    "HEAD keeps the length and has no body",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n",
    200,
    "1234",
  ],
  ["204 has no length", get("/"), "HTTP/1.1 204 No Content\r\n\r\n", 204, undefined],
  ["304 has no body", get("/"), 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', 304, undefined],
])("%s, and the connection goes on", async (_name, request, upstreamAnswer, status, length) => {
  const upstream = await upstreamOf(answering(upstreamAnswer));
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port);
    for (let round = 0; round < 2; round++) {
      const answer = await client.write(request).answer(true);
      expect(answer.status).toBe(status);
      expect(answer.field("content-length")).toBe(length);
      expect(answer.field("transfer-encoding")).toBeUndefined();
    }
    expect(client.text).toBe("");
    client.close();
  });
});

test("interim answers of the service are passed on, and its trailers where the client takes them", async () => {
  const upstream = await upstreamOf(
    answering(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    ),
  );
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    const text = await client.until((seen) => seen.endsWith("0\r\n\r\n"));
    expect(text).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain("3\r\nabc\r\n");
    expect(text).not.toContain("X-Sum");
    client.close();
    const other = new RawClient(port).write(get("/", "TE: trailers\r\nConnection: TE\r\n"));
    expect(await other.until((seen) => seen.includes("X-Sum"))).toContain("0\r\nX-Sum: 1\r\n\r\n");
    other.close();
  });
});

test.each([
  ["TE: gzip, trailers", true],
  ["TE: gzip;q=0.5 ,\tTrailers", true],
  ["TE: gzip\r\nTE: trailers", true],
  ["TE: trailers\r\nTE: gzip", true],
  ["TE: ,trailers,", true],
  ["TE: gzip", false],
  ["TE: trailersx, xtrailers", false],
  ["TE: trailer s", false],
  ["TE:", false],
])("trailers are asked for by a member of a list (RFC 9110 §10.1.4): %j", async (line, isTaken) => {
  const seen = await seenBy(get("/", `${line}\r\nConnection: TE\r\n`));
  expect(seen.field("te")).toBe(isTaken ? "trailers" : undefined);
});

test("requests go round the endpoints", async () => {
  const first = await upstreamOf(answering(ok("a")));
  const second = await upstreamOf(answering(ok("b")));
  await using(gateway(forwarding(service([first.url, second.url]))), async ({ port }) => {
    const bodies = [];
    for (let round = 0; round < 4; round++) bodies.push((await exchange(port, get("/"))).body);
    expect(bodies.sort()).toEqual(["a", "a", "b", "b"]);
  });
});
