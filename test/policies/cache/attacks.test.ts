import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StoringRules } from "../../../runtime/caching/storability.ts";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { clock } from "../../../runtime/life/clock.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/config.ts";
import { createFieldChoice } from "../../../runtime/policies/cache/field-choice.ts";
import { keyOf } from "../../../runtime/policies/cache/key.ts";
import { groupOf } from "../../../runtime/policies/cache/wanted.ts";
import { built, running } from "../../faults/gateway.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { ask, cacheConfig, cached } from "./support.ts";

const kept = "Cache-Control: max-age=60\r\n";

const project = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { pages: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  pages: { match: { path: "/**" }, service: pages, policies: { public: a test, cache: { ttl: 1h, fields: [] } } }
`;

/** What frameworks, proxies and platforms believe of clients, and whatever else a client can set. */
const believed = [
  ...["Accept", "Accept-Charset", "Accept-Datetime", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Origin"],
  ...["Referer", "User-Agent", "From", "DNT", "Pragma", "Cache-Control", "Max-Forwards", "Content-Type", "Content-Language"],
  ...[
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
  ],
  ...[
    "X-Forwarded-For",
    "X-Forwarded-Path",
    "Forwarded",
    "Via",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "CF-Connecting-IP",
  ],
  ...[
    "True-Client-IP",
    "X-Host",
    "X-Original-Host",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Override-URL",
    "X-HTTP-Method-Override",
  ],
  ...[
    "X-HTTP-Method",
    "X-Method-Override",
    "X-Wap-Profile",
    "X-Requested-With",
    "X-Forwarded-SSL",
    "Front-End-Https",
    "X-URL-Scheme",
  ],
  ...[
    "Sec-Fetch-Site",
    "Sec-CH-UA",
    "Purpose",
    "Save-Data",
    "Traceparent",
    "Baggage",
    "X-Request-Id",
    "X-Amz-Website-Redirect-Location",
  ],
  ...[
    "X_Forwarded_Host",
    "x-forwarded-host-",
    "Surrogate-Capability",
    "CDN-Loop",
    "Early-Data",
    "Priority",
    "Prefer",
    "Want-Digest",
  ],
];

describe("what a client sends", () => {
  it("is in no answer that others get, where `fields` leaves nothing of the client (traffic rows 56 and 57)", async () => {
    let asked = 0;
    const service = createServer(({ rawHeaders, url }, response) => {
      asked++;
      response.sendDate = false;
      response.end(`${url} ${rawHeaders.join("|")}`);
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      service.closeAllConnections();
      service.close();
    });
    const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const { port } = await running(await built({ "gateway.yaml": project }), upstream);
    const poisoned: string[] = [];
    for (const [index, name] of believed.entries()) {
      const first = await ask(port, get(`/${index}`, `${name}: evil\r\n`)).answer();
      expect([name, first.status]).toEqual([name, 200]);
      const next = await ask(port, get(`/${index}`)).answer();
      if (next.body.toLowerCase().includes("evil")) poisoned.push(name);
    }
    expect(poisoned).toEqual([]);
    // Answers to requests with credentials are not for others (RFC 9111 §3.5).
    expect(asked).toBe(believed.length + 1);
  });

  it("as credentials stands in no group of a service that has such a name", () => {
    const rules = { isPersonal: false, isShared: false } as StoringRules;
    const named = (target: string | undefined, ...headers: string[]): Exchange =>
      ({
        operation: { id: "a" },
        peer: { secure: true },
        host: "shop.test",
        authority: "shop.test",
        path: "/",
        query: "",
        headers: new HeaderList(headers),
        target: target === undefined ? undefined : { name: target },
      }) as unknown as Exchange;
    const group = (x: Exchange): string => groupOf(x, keyOf(x, { key: [], query: null } as unknown as CacheConfig)!, rules);
    const open = group(named("authorization"));
    expect(open).toBe("a https://shop.test/\nauthorization");
    expect(group(named(undefined, "Authorization", "Basic YTpi"))).not.toBe(open);
    expect(group(named(undefined))).not.toBe(open);
  });

  it("in `Via` is not passed on, but for gateways: by them it is known that a request goes round", () => {
    const own = "1.1 gatewright (shop 0123456789ab)";
    for (const [sent, expected] of [
      [`1.1 evil, ${own}`, own],
      [
        `${own}, 1.1 gatewright (<script> 0123456789ab), 2 gatewright (next ab0123456789)`,
        `${own}, 2 gatewright (next ab0123456789)`,
      ],
      ['1.1 "a, 1.1 b', ""],
      [`1.1 gatewright (${"any-text".repeat(20)} 0123456789ab)`, ""],
      [`1.1 gatewright (${"a".repeat(64)} 0123456789ab), ${own}`, own],
      [`1.1 gatewright (${"a".repeat(63)} 0123456789ab)`, `1.1 gatewright (${"a".repeat(63)} 0123456789ab)`],
    ] as const) {
      const headers = new HeaderList(["Via", sent]);
      createFieldChoice(["via"]).restrict(headers);
      expect(headers.get("via")).toBe(expected);
    }
  });

  it("in `Via` passes for a gateway only where it is as long as gateways write it", async () => {
    const told: (string | undefined)[] = [];
    const service = createServer((request, response) => {
      told.push(request.headers.via);
      response.end();
    }).listen(0, "127.0.0.1");
    await once(service, "listening");
    onTestFinished(() => void service.close());
    const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const gateway = project.replace("gateway: shop", `gateway: ${"a".repeat(100)}`);
    const { port } = await running(await built({ "gateway.yaml": gateway }), upstream);
    expect((await ask(port, get("/")).answer()).status).toBe(200);
    expect(told[0]).toMatch(/^1\.1 gatewright \(a{63} [\w-]{12}\)$/);
    const headers = new HeaderList(["Via", told[0]!]);
    createFieldChoice(["via"]).restrict(headers);
    expect(headers.get("via")).toBe(told[0]);
  });

  it("as conditions and ranges has neither a part nor a 304 kept for others, and no number of ranges takes more than the whole", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/a", `Range: bytes=0-1\r\nIf-Range: "x"\r\nIf-None-Match: "x"\r\n`));
    (await held.arrived(1)).send(
      `HTTP/1.1 206 Partial Content\r\n${kept}Content-Range: bytes 0-1/10\r\nContent-Length: 2\r\n\r\n01`,
    );
    expect((await first.answer()).status).toBe(206);
    const next = ask(port, get("/a"));
    (await held.arrived(2)).send(ok("0123456789", `${kept}ETag: "a"\r\n`));
    expect((await next.answer()).body).toBe("0123456789");
    const many = `bytes=${Array.from({ length: 1_000 }, (_, index) => `${index % 10}-`).join(",")}`;
    for (const [range, status, body] of [
      [many, 200, "0123456789"],
      ["bytes=0-,0-,0-", 200, "0123456789"],
      ["bytes=0-99999999999999999999", 206, "0123456789"],
      ["bytes=-99999999999999999999", 206, "0123456789"],
      ["bytes=5-2", 200, "0123456789"],
      ["bytes=99999999999999999999-", 416, ""],
      ["octets=0-1", 200, "0123456789"],
      ["bytes=0x1-2", 200, "0123456789"],
    ] as const) {
      const answer = await ask(port, get("/a", `Range: ${range}\r\n`)).answer();
      expect([range.slice(0, 40), answer.status]).toEqual([range.slice(0, 40), status]);
      if (status !== 416) expect(answer.body).toBe(body);
    }
    expect(held.requests.length).toBe(2);
  });
});

describe("what a service says in a way that nobody should", () => {
  it.each([
    ["lengths that contradict each other", `${kept}Content-Length: 5\r\nContent-Length: 6\r\n`],
    ["lengths that contradict each other in one field", `${kept}Content-Length: 5, 6\r\n`],
    ["a length that is none", `${kept}Content-Length: +5\r\n`],
    ["a length beside a coding of the transfer", `${kept}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`],
  ])("is not kept: %s", async (_, fields) => {
    const { port, held } = await cached();
    const first = ask(port, get("/a"));
    (await held.arrived(1)).send(`HTTP/1.1 200 OK\r\n${fields}\r\nhello`);
    expect((await first.answer()).status).toBe(502);
    const next = ask(port, get("/a"));
    (await held.arrived(2)).send(ok("right", kept));
    expect((await next.answer()).body).toBe("right");
  });

  it.each([
    ["a semicolon in place of a comma", "max-age=60; private"],
    ["a semicolon behind what forbids it", "no-store; max-age=60"],
    ["a quote that nothing ends", 'community="a, private, max-age=60'],
    ["a quote that nothing ends, on a line of its own", 'max-age=60, ext="a\r\nCache-Control: no-store'],
    ["blanks before an equals sign", 'max-age=60, private ="set-cookie"'],
    ["a quote that nothing ends, and an escape in front of nothing", 'ext="a, private, max-age=60, b\\'],
    ["names of fields in a quote that nothing ends", 'max-age=60, private="x-user'],
    ["no names of fields", 'max-age=60, private=""'],
    ["other letters", "max-age=60, No-STORE"],
    ["empty members", ",, max-age=60 ,,private,,"],
    ["duplicates, of which one is about fields", 'private="x-user", max-age=60, private'],
    ["tabs", "max-age=60,\tprivate\t"],
  ])("is not kept for others, whatever else it says: %s", async (_, field) => {
    // Also where the configuration says for how long, and the service does not in a way that can be read.
    const { port, held } = await cached({ rules: { ...cacheConfig().rules, ttl: 60_000 } });
    const first = ask(port, get("/a"));
    (await held.arrived(1)).send(ok("of one", `Cache-Control: ${field}\r\nX-User: anna\r\n`));
    await first.answer();
    const next = ask(port, get("/a"));
    (await held.arrived(2)).send(ok("of another", kept));
    expect((await next.answer()).body).toBe("of another");
  });

  it("`Vary: *` now and then has nobody get the answer of another, nor wait for it", async () => {
    const { port, held } = await cached();
    const vary = ["Vary: *", "Vary: Accept-Language", "Vary: *, Accept-Language", "Vary: Accept-Language\r\nVary: *", ""];
    let asked = 0;
    for (let turn = 0; turn < 10; turn++) {
      const client = ask(port, get("/a", `Accept-Language: l${turn}\r\n`));
      const field = vary[turn % vary.length]!;
      (await held.arrived(++asked)).send(
        ok(`answer ${turn}`, `${field === "" ? "Cache-Control: no-store\r\n" : kept}${field === "" ? "" : `${field}\r\n`}`),
      );
      expect((await client.answer()).body).toBe(`answer ${turn}`);
    }
    const both = [ask(port, get("/a", "Accept-Language: x\r\n")), ask(port, get("/a", "Accept-Language: x\r\n"))];
    await held.arrived(asked + 2);
    for (const { send } of held.requests.slice(asked)) send(ok("own", `${kept}Vary: *\r\n`));
    for (const client of both) expect((await client.answer()).body).toBe("own");
  });
});

describe("a clock of the machine that is turned", () => {
  it.each([
    ["back while the answer is on its way", -3_600_000],
    ["forward while the answer is on its way", 3_600_000],
  ])("makes no answer younger than it is: %s", async (_, by) => {
    const { wall, monotonic } = clock;
    onTestFinished(() => void Object.assign(clock, { wall, monotonic }));
    let [turned, passed] = [0, 0];
    clock.wall = () => wall() + turned + passed;
    clock.monotonic = () => monotonic() + passed;
    const { port, held } = await cached();
    const first = ask(port, get("/a"));
    const asked = await held.arrived(1);
    // It takes 40 seconds, of which the clock knows nothing.
    [turned, passed] = [by, 40_000];
    asked.send(ok("old", kept));
    await first.answer();
    passed += 25_000;
    const next = ask(port, get("/a"));
    (await held.arrived(2)).send(ok("new", kept));
    expect((await next.answer()).body).toBe("new");
  });
});
