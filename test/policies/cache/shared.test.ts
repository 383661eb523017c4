import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createCallerDeadline } from "../../../runtime/http/caller-deadline.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { hit, inRedis, instances, kept, noContent, put } from "./shared-support.ts";
import { ask, cacheConfig, cachedBefore, HeldService } from "./support.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.end());

describe("answers in Redis", () => {
  it("are those of all instances, fields and bytes as they came", async () => {
    const { held, ports } = await instances(2, server);
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
    const first = ask(ports[0], get("/page"));
    (await held.arrived(1)).send(ok(body, `${kept}X-Name: caf\u00e9\r\nETag: "a"\r\nLink: <a>, <b>\r\nLink: <c>\r\n`));
    expect((await first.answer()).body).toBe(body);
    const answer = await hit(ports[1], "/page");
    expect([answer.status, answer.body, answer.field("x-name")]).toEqual([200, body, "caf\u00e9"]);
    expect(answer.lines.filter((line) => line.startsWith("Link:"))).toEqual(["Link: <a>, <b>", "Link: <c>"]);
    expect(answer.field("cache-status")).toMatch(/^test; hit; ttl=(59|60)$/);
    const same = await ask(ports[1], get("/page", 'If-None-Match: "a"\r\n')).answer();
    expect(same.status).toBe(304);
    const part = await ask(ports[0], get("/page", "Range: bytes=1-3\r\n")).answer();
    expect([part.status, part.body]).toEqual([206, body.slice(1, 4)]);
    const head = await ask(ports[1], `HEAD /page HTTP/1.1\r\nHost: shop.example.com\r\n\r\n`).answer(true);
    expect([head.status, head.field("content-length")]).toEqual([200, "256"]);
    expect(held.requests.length).toBe(1);
  });

  it("last as long as they are of use, under keys that tell nobody what was asked for", async () => {
    const { held, ports } = await instances(1, server);
    const first = ask(ports[0], get("/secret?token=hidden"));
    (await held.arrived(1)).send(ok("x", "Cache-Control: max-age=60, stale-while-revalidate=30\r\n"));
    await first.answer();
    await hit(ports[0], "/secret?token=hidden");
    const keys = ((await server.ask("keys", "*")) as string[]).filter((key) => !key.includes("{answers}"));
    expect(keys.join()).not.toContain("hidden");
    expect(new Set(keys.map((key) => /\{[^}]*\}/.exec(key)![0])).size, "one slot").toBe(1);
    const entry = keys.find((key) => key.includes(":e3:"))!;
    const left = Number(await server.ask("pttl", entry));
    expect(left).toBeGreaterThan(85_000);
    expect(left).toBeLessThanOrEqual(90_000);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThan(100);
  });

  it("are kept for each variant, and all of them go with a change", async () => {
    const { held, ports } = await instances(2, server);
    for (const [index, language] of ["de", "fr"].entries()) {
      const first = ask(ports[0], get("/text", `Accept-Language: ${language}\r\n`));
      (await held.arrived(index + 1)).send(ok(language, `${kept}Vary: Accept-Language\r\n`));
      await first.answer();
      await hit(ports[0], "/text", `Accept-Language: ${language}\r\n`);
    }
    for (const language of ["de", "fr"])
      expect((await hit(ports[1], "/text", `Accept-Language: ${language}\r\n`)).body).toBe(language);
    const writer = ask(ports[1], put("/text"));
    (await held.arrived(3)).send(noContent);
    await writer.answer();
    const next = ask(ports[0], get("/text", "Accept-Language: de\r\n"));
    (await held.arrived(4)).send(ok("neu", kept));
    expect((await next.answer()).body).toBe("neu");
  });

  it.each([
    ["read each time", {}],
    ["with copies in memory", { checkAfter: 60_000 }],
  ])("are kept for each cookie and credential by which they vary, and the store has none of these (%s)", async (_, setup) => {
    const rules = { ...cacheConfig().rules, isShared: true };
    const { held, ports } = await instances(2, server, { ...setup, cache: { rules } });
    const vary = `${kept}Vary: Cookie, Authorization, X-Api-Key, Accept-Language\r\n`;
    const long = "a".repeat(300);
    const clients = [
      "Cookie: session=hunter2\r\nAccept-Language: de\r\n",
      "Cookie: session=hunter3\r\nAccept-Language: de\r\n",
      "Authorization: Bearer hunter2\r\nAccept-Language: de\r\n",
      "X-Api-Key: hunter2\r\n",
      `X-Api-Key: hunter2\r\nAccept-Language: de, ${long}\r\n`,
      "",
    ];
    for (const [index, fields] of clients.entries()) {
      const first = ask(ports[0], get("/mine", fields));
      (await held.arrived(index + 1)).send(ok(`answer ${index}`, vary));
      await first.answer();
      await hit(ports[0], "/mine", fields);
    }
    for (const port of ports)
      for (const [index, fields] of clients.entries()) expect((await hit(port, "/mine", fields)).body).toBe(`answer ${index}`);
    expect(held.requests.length).toBe(clients.length);
    const [name] = ((await server.ask("keys", "*")) as string[]).filter((key) => key.includes(":e3:"));
    const entry = String(await server.ask("get", name!));
    expect(entry).toContain("answer 5");
    expect(entry).not.toMatch(/hunter|aaaa/);
    // Somebody with another cookie is asked for, and all of them go with a change.
    const other = ask(ports[1], get("/mine", "Cookie: session=hunter4\r\nAccept-Language: de\r\n"));
    (await held.arrived(7)).send(ok("answer 6", vary));
    expect((await other.answer()).body).toBe("answer 6");
    const writer = ask(ports[1], put("/mine"));
    (await held.arrived(8)).send(noContent);
    await writer.answer();
    for (const [index, fields] of clients.slice(0, 3).entries()) {
      const next = ask(ports[index % 2]!, get("/mine", fields));
      (await held.arrived(9 + index)).send(ok(`newer ${index}`, vary));
      expect((await next.answer()).body).toBe(`newer ${index}`);
    }
  });

  it("are kept for each variant of those that instances fetch at once", async () => {
    const { held, ports } = await instances(3, server);
    const languages = ["de", "fr", "it", "es", "pl", "cs"];
    const vary = `${kept}Vary: Accept-Language\r\n`;
    // What it varies by is known, so that none of them waits for another.
    const before = ask(ports[0], get("/text", "Accept-Language: en\r\n"));
    (await held.arrived(1)).send(ok("en", vary));
    await before.answer();
    await hit(ports[0], "/text", "Accept-Language: en\r\n");
    const clients = languages.map((language, index) => ask(ports[index % 3]!, get("/text", `Accept-Language: ${language}\r\n`)));
    await held.arrived(1 + languages.length);
    for (const { head, send } of held.requests.slice(1)) send(ok(/accept-language: (\w+)/i.exec(head)![1]!, vary));
    for (const client of clients) await client.answer();
    for (const language of ["en", ...languages])
      for (const port of ports) expect((await hit(port, "/text", `Accept-Language: ${language}\r\n`)).body).toBe(language);
    expect(held.requests.length).toBe(1 + languages.length);
  });

  it("of 1 MiB come whole, and larger ones are not kept", async () => {
    const { held, ports } = await instances(2, server, { cache: { maxBytes: 1_048_576 } });
    const body = "0123456789abcdef".repeat(65_536);
    const first = ask(ports[0], get("/large"));
    (await held.arrived(1)).send(ok(body, kept));
    await first.answer();
    expect((await hit(ports[1], "/large")).body === body).toBe(true);
    const larger = ask(ports[0], get("/larger"));
    (await held.arrived(2)).send(ok(`${body}x`, kept));
    await larger.answer();
    const again = ask(ports[1], get("/larger"));
    (await held.arrived(3)).send(ok("short", kept));
    expect((await again.answer()).body).toBe("short");
  });

  it("are made fresh again by a 304, for all instances", async () => {
    const { held, ports } = await instances(2, server);
    const first = ask(ports[0], get("/renewed"));
    (await held.arrived(1)).send(ok("one", 'Cache-Control: max-age=1\r\nAge: 1\r\nETag: "a"\r\n'));
    await first.answer();
    let second = ask(ports[1], get("/renewed"));
    const asked = await held.arrived(2);
    expect(asked.head).toContain('If-None-Match: "a"');
    asked.send(`HTTP/1.1 304 Not Modified\r\n${kept}\r\n`);
    expect((await second.answer()).body).toBe("one");
    expect((await hit(ports[0], "/renewed")).body).toBe("one");
    second = ask(ports[1], get("/renewed"));
    expect((await second.answer()).body).toBe("one");
    expect(held.requests.length).toBe(2);
  });

  it("are not kept where something has changed the resource in the meantime, in another instance (traffic row 52)", async () => {
    const { held, ports } = await instances(2, server);
    const reader = ask(ports[0], get("/item"));
    const before = await held.arrived(1);
    const writer = ask(ports[1], put("/item"));
    (await held.arrived(2)).send(noContent);
    await writer.answer();
    const next = ask(ports[1], get("/item"));
    const after = await held.arrived(3);
    before.send(ok("old", kept));
    expect((await reader.answer()).body).toBe("old");
    after.send(ok("new", kept));
    expect((await next.answer()).body).toBe("new");
    for (const port of ports) expect((await hit(port, "/item")).body).toBe("new");
    expect(held.requests.length).toBe(3);
  });
});

describe("requests of two instances for what is being fetched", () => {
  it("wait for the one that is under way: 500 clients, one cold key, one request to the service (issue 15)", async () => {
    const { held, ports } = await instances(2, server);
    const clients = Array.from({ length: 500 }, (_, index) => ask(ports[index % 2]!, get("/cold")));
    const first = await held.arrived(1);
    // A request that came behind all of them has its answer: they have all been read.
    for (const [index, port] of ports.entries()) {
      const last = ask(port, get(`/other/${index}`));
      (await held.arrived(2 + index)).send(ok("other"));
      await last.answer();
    }
    first.send(ok("whole", kept));
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 whole"]));
    expect(held.requests.filter(({ head }) => head.includes("/cold")).length).toBe(1);
    const told = answers.map((answer) => answer.field("cache-status")!.replace(/ttl=\d+/, "ttl"));
    expect(new Set(told)).toEqual(
      new Set([
        "test; fwd=uri-miss; fwd-status=200; stored",
        "test; fwd=uri-miss; fwd-status=200; stored; collapsed",
        "test; fwd=uri-miss; ttl; collapsed",
      ]),
    );
  });

  it("are sent at once where the answer is private, and the next ones wait for nobody (traffic row 53)", async () => {
    const { held, ports } = await instances(2, server);
    const leader = ask(ports[0], get("/private"));
    const first = await held.arrived(1);
    const clients = Array.from({ length: 10 }, () => ask(ports[1], get("/private")));
    const last = ask(ports[1], get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    first.send(ok("0", "Cache-Control: private\r\n"));
    await leader.answer();
    await held.arrived(12);
    for (const [index, request] of held.requests.slice(2).entries())
      request.send(ok(String(index + 1), "Cache-Control: private\r\n"));
    const bodies = await Promise.all(clients.map(async (client) => (await client.answer()).body));
    expect(new Set(bodies).size, "everybody has an answer of their own").toBe(10);
    const next = ports.flatMap((port) => [ask(port, get("/private")), ask(port, get("/private"))]);
    await held.arrived(16);
    for (const request of held.requests.slice(12)) request.send(ok("later", "Cache-Control: private\r\n"));
    for (const client of next) expect((await client.answer()).body).toBe("later");
  });

  it("do not take turns at a service that fails", async () => {
    const { held, ports } = await instances(3, server);
    const clients = ports.map((port) => ask(port, get("/failing")));
    const first = await held.arrived(1);
    first.send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    // The two others ask together.
    await held.arrived(3);
    for (const request of held.requests.slice(1)) request.send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    for (const client of clients) expect((await client.answer()).status).toBe(500);
  });

  it("are one refresh behind the backs of clients", async () => {
    const { held, ports } = await instances(2, server);
    const first = ask(ports[0], get("/stale"));
    const stale = "Cache-Control: max-age=0, stale-while-revalidate=60\r\n";
    (await held.arrived(1)).send(ok("one", stale));
    await first.answer();
    await hit(ports[0], "/stale");
    await held.arrived(2);
    for (let index = 0; index < 6; index++) expect((await hit(ports[index % 2]!, "/stale")).body).toBe("one");
    expect(held.requests.length, "one refresh for all").toBe(2);
    held.requests[1]!.send(ok("two", kept));
    await vi.waitFor(async () => {
      for (const port of ports) expect((await ask(port, get("/stale")).answer()).body).toBe("two");
    });
    expect(held.requests.length).toBe(2);
  });

  it("wait no longer than they said, and leave when their clients do", async () => {
    await server.ask("flushall");
    const held = new HeldService();
    const url = await held.start();
    const caller = createCallerDeadline({ fromAnyone: true, field: { name: "x-time-left", unit: "ms" } });
    const { port: one } = await cachedBefore(url, await inRedis(server), { caller });
    const { port: other } = await cachedBefore(url, await inRedis(server), { caller });
    const leader = ask(one, get("/slow"));
    const request = await held.arrived(1);
    expect((await ask(other, get("/slow", "X-Time-Left: 30\r\n")).answer()).status).toBe(504);
    const [leaving, staying] = [ask(other, get("/slow")), ask(other, get("/slow"))];
    leaving.close();
    request.send(ok("whole", kept));
    expect((await leader.answer()).body).toBe("whole");
    expect((await staying.answer()).body).toBe("whole");
    expect(held.requests.length).toBe(1);
  });

  it("take over from one that gives no sign of life, one of them", async () => {
    const { held, ports } = await instances(3, server);
    // A lead as of a process that is gone: the names of its keys are those of a fetch that was.
    const first = ask(ports[0], get("/led"));
    (await held.arrived(1)).send(ok("gone", "Cache-Control: no-store\r\n"));
    await first.answer();
    const lead = await vi.waitFor(async () => {
      const [found] = (await server.ask("keys", "*:l1:*")) as string[];
      expect(found).toBeDefined();
      return found!;
    });
    const mark = String(await server.ask("get", lead)).slice(0, 12);
    const begin = Date.now();
    await server.ask("set", lead, `${mark}of-the-dead!`, "px", "400");
    // The one that asked before remembers what came of it.
    const clients = ports.slice(1).map((port) => ask(port, get("/led")));
    const request = await held.arrived(2);
    expect(Date.now() - begin).toBeGreaterThan(300);
    request.send(ok("whole", kept));
    for (const client of clients) expect((await client.answer()).body).toBe("whole");
    expect(held.requests.length).toBe(2);
  });
});
