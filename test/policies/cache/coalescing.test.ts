import { describe, expect, it, vi } from "vitest";
import { createCallerDeadline } from "../../../runtime/http/caller-deadline.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { ask, cached } from "./support.ts";

const kept = "Cache-Control: max-age=60\r\n";
const chunkedHead = `HTTP/1.1 200 OK\r\n${kept}Transfer-Encoding: chunked\r\n\r\n`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("requests for what is being fetched", () => {
  it("wait for the one that is under way: 500 clients, one cold key, one request to the service (issue 15)", async () => {
    const { port, held } = await cached();
    const clients = Array.from({ length: 500 }, () => ask(port, get("/cold")));
    const first = await held.arrived(1);
    // A request that came behind all of them has its answer: they have all been read.
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    first.send(ok("whole", kept));
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 whole"]));
    expect(held.requests.length).toBe(2);
    expect(answers.filter(({ lines }) => lines.includes("Cache-Status: test; fwd=uri-miss; fwd-status=200; stored")).length).toBe(
      1,
    );
  });

  it("get what has come of it, and the rest as it comes", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/stream"));
    const request = await held.arrived(1);
    request.send(chunkedHead + chunk("begin "));
    await first.until((text) => text.includes("begin"));
    const late = ask(port, get("/stream"));
    await late.until((text) => text.includes("begin"));
    request.send(`${chunk("end")}0\r\n\r\n`);
    for (const client of [first, late]) await client.until((text) => text.endsWith("0\r\n\r\n") && text.includes("end"));
    expect(held.requests.length).toBe(1);
  });

  it("are all sent at once where the answer is private, and the next ones do not wait for each other (traffic row 53)", async () => {
    const { port, held } = await cached();
    const clients = Array.from({ length: 50 }, () => ask(port, get("/private")));
    const first = await held.arrived(1);
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    first.send(ok("0", "Cache-Control: private\r\n"));
    await held.arrived(51);
    for (const [index, request] of held.requests.slice(2).entries())
      request.send(ok(String(index + 1), "Cache-Control: private\r\n"));
    const bodies = await Promise.all(clients.map(async (client) => (await client.answer()).body));
    expect(new Set(bodies).size, "everybody has an answer of their own").toBe(50);
    // Both arrive before either is answered.
    const [one, two] = [ask(port, get("/private")), ask(port, get("/private"))];
    await held.arrived(53);
    for (const request of held.requests.slice(51)) request.send(ok("later", "Cache-Control: private\r\n"));
    expect([(await one.answer()).body, (await two.answer()).body]).toEqual(["later", "later"]);
  });

  it("wait whoever sends credentials beside them: those cannot have them all sent at once, now or later (RFC 9111 §3.5)", async () => {
    const { port, held } = await cached();
    const stranger = ask(port, get("/page", "Authorization: Basic made-up\r\n"));
    const strange = await held.arrived(1);
    const early = Array.from({ length: 20 }, () => ask(port, get("/page")));
    const first = await held.arrived(2);
    strange.send(ok("for the stranger", kept));
    expect((await stranger.answer()).body).toBe("for the stranger");
    const late = Array.from({ length: 20 }, () => ask(port, get("/page")));
    const last = ask(port, get("/other"));
    (await held.arrived(3)).send(ok("other"));
    await last.answer();
    first.send(ok("for all", kept));
    for (const client of [...early, ...late]) expect((await client.answer()).body).toBe("for all");
    expect(held.requests.length).toBe(3);
    // Strangers do not wait for each other.
    const [one, two] = [1, 2].map((name) => ask(port, get("/none", `Authorization: Basic ${name}\r\n`)));
    (await held.arrived(4)).send(ok("one", kept));
    (await held.arrived(5)).send(ok("two", kept));
    expect([(await one!.answer()).body, (await two!.answer()).body]).toEqual(["one", "two"]);
  });

  it("wait behind one who writes a field of `Vary` in another way, which says nothing of the resource", async () => {
    const { port, held } = await cached();
    const varied = `${kept}Vary: X-Region\r\n`;
    const stranger = ask(port, get("/region", "X_Region: eu\r\n"));
    (await held.arrived(1)).send(ok("eu", varied));
    await stranger.answer();
    const clients = Array.from({ length: 20 }, () => ask(port, get("/region")));
    const first = await held.arrived(2);
    const last = ask(port, get("/other"));
    (await held.arrived(3)).send(ok("other"));
    await last.answer();
    first.send(ok("any", varied));
    for (const client of clients) expect((await client.answer()).body).toBe("any");
    expect(held.requests.length).toBe(3);
  });

  it("get their answer from the same fetch where the client leaves that asked first (traffic row 54)", async () => {
    const { port, held } = await cached();
    const leader = ask(port, get("/led"));
    const request = await held.arrived(1);
    const follower = ask(port, get("/led"));
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    leader.close();
    request.send(chunkedHead + chunk("one "));
    await follower.until((text) => text.includes("one"));
    request.send(`${chunk("two")}0\r\n\r\n`);
    await follower.until((text) => text.endsWith("0\r\n\r\n"));
    expect(held.requests.length).toBe(2);
    const next = await ask(port, get("/led")).answer();
    expect([next.body, next.field("cache-status")]).toEqual(["one two", expect.stringMatching(/^test; hit; ttl=\d+$/)]);
  });

  it("never get what was made for the one who left, where it is private", async () => {
    const { port, held } = await cached();
    const leader = ask(port, get("/mine", "Authorization: Bearer a\r\n"));
    const request = await held.arrived(1);
    const follower = ask(port, get("/mine", "Authorization: Bearer b\r\n"));
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    leader.close();
    request.send(ok("of the leader", kept));
    const own = await held.arrived(3);
    expect(own.head).toContain("Authorization: Bearer b");
    own.send(ok("of the follower", kept));
    expect((await follower.answer()).body).toBe("of the follower");
  });

  it("wait no longer than they said", async () => {
    const caller = createCallerDeadline({ fromAnyone: true, field: { name: "x-time-left", unit: "ms" } });
    const { port, held } = await cached({}, { caller });
    const leader = ask(port, get("/slow"));
    const request = await held.arrived(1);
    expect((await ask(port, get("/slow", "X-Time-Left: 30\r\n")).answer()).status).toBe(504);
    const late = ask(port, get("/slow", "X-Time-Left: 60\r\n"));
    request.send(chunkedHead + chunk("half"));
    // What has begun is cut off.
    expect(await late.rest()).not.toContain("0\r\n\r\n");
    request.send(`${chunk("end")}0\r\n\r\n`);
    await leader.until((text) => text.endsWith("0\r\n\r\n"));
    expect(held.requests.length).toBe(1);
  });

  it("are not cut off where the time of the one is over who asked first", async () => {
    const caller = createCallerDeadline({ fromAnyone: true, field: { name: "x-time-left", unit: "ms" } });
    const { port, held } = await cached({}, { caller });
    const leader = ask(port, get("/led", "X-Time-Left: 60\r\n"));
    const request = await held.arrived(1);
    const follower = ask(port, get("/led"));
    request.send(chunkedHead + chunk("half"));
    expect(await leader.rest()).not.toContain("0\r\n\r\n");
    request.send(`${chunk("end")}0\r\n\r\n`);
    await follower.until((text) => text.endsWith("0\r\n\r\n"));
    expect((await ask(port, get("/none", "X-Time-Left: 0\r\n")).answer()).status, "nothing is sent").toBe(504);
    const alone = ask(port, get("/alone", "X-Time-Left: 30\r\n"));
    expect((await alone.answer()).status).toBe(504);
    expect(held.requests.length).toBe(2);
  });

  it("do not keep the service at work where all clients have left", async () => {
    const { port, held } = await cached();
    const clients = [ask(port, get("/left")), ask(port, get("/left"))];
    const request = await held.arrived(1);
    const closed = new Promise<void>((resolve) => request.socket.once("close", () => resolve()));
    for (const client of clients) client.close();
    await closed;
    // Nobody waits for what was given up.
    const next = ask(port, get("/left"));
    (await held.arrived(2)).send(ok("again", kept));
    expect((await next.answer()).body).toBe("again");
  });

  it("break off together, and what has come is not kept (RFC 9111 §3.3, traffic row 48)", async () => {
    const { port, held } = await cached();
    const clients = [ask(port, get("/broken")), ask(port, get("/broken"))];
    const request = await held.arrived(1);
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    request.send(chunkedHead + chunk("half"));
    for (const client of clients) await client.until((text) => text.includes("half"));
    request.socket.destroy();
    for (const client of clients) expect(await client.rest()).not.toContain("0\r\n\r\n");
    const next = ask(port, get("/broken"));
    (await held.arrived(3)).send(ok("whole", kept));
    expect((await next.answer()).body).toBe("whole");
  });

  it("get the failure of the service together, and each its own refusal", async () => {
    const { port, held } = await cached();
    const clients = [ask(port, get("/down")), ask(port, get("/down"))];
    const request = await held.arrived(1);
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    request.send("garbage\r\n\r\n");
    for (const client of clients) expect((await client.answer()).status).toBe(502);
    expect(held.requests.length).toBe(2);
  });

  it("ask for themselves where they differ in what the answer turns out to vary by", async () => {
    const { port, held } = await cached();
    const german = ask(port, get("/text", "Accept-Language: de\r\n"));
    const request = await held.arrived(1);
    const [french, also] = [
      ask(port, get("/text", "Accept-Language: fr\r\n")),
      ask(port, get("/text", "Accept-Language: de\r\n")),
    ];
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    request.send(ok("deutsch", `${kept}Vary: Accept-Language\r\n`));
    const second = await held.arrived(3);
    expect(second.head).toContain("Accept-Language: fr");
    second.send(ok("francais", `${kept}Vary: Accept-Language\r\n`));
    const bodies = await Promise.all([german, french, also].map(async (client) => (await client.answer()).body));
    expect(bodies).toEqual(["deutsch", "francais", "deutsch"]);
    // From now on that is known before: two languages are two fetches, and do not wait for each other.
    expect((await ask(port, get("/text", "Accept-Language: fr\r\n")).answer()).body).toBe("francais");
  });

  it("do not get the fields that are for the one who asked first (RFC 9111 §5.2.2.7)", async () => {
    const { port, held } = await cached();
    const clients = [ask(port, get("/named")), ask(port, get("/named"))];
    const request = await held.arrived(1);
    const last = ask(port, get("/other"));
    (await held.arrived(2)).send(ok("other"));
    await last.answer();
    request.send(ok("all", 'Cache-Control: max-age=60, private="X-User"\r\nX-User: one\r\n'));
    (await held.arrived(3)).send(ok("all", 'Cache-Control: max-age=60, private="X-User"\r\nX-User: two\r\n'));
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(answers.map(({ body }) => body)).toEqual(["all", "all"]);
    expect(new Set(answers.map(({ field }) => field("x-user")))).toEqual(new Set(["one", "two"]));
  });

  it("do not get what a 304 says is for the one who asked first", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/renewed"));
    (await held.arrived(1)).send(ok("one", 'Cache-Control: max-age=1\r\nAge: 1\r\nETag: "a"\r\n'));
    await first.answer();
    const clients = [ask(port, get("/renewed")), ask(port, get("/renewed"))];
    const request = await held.arrived(2);
    const last = ask(port, get("/other"));
    (await held.arrived(3)).send(ok("other"));
    await last.answer();
    request.send('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nCache-Control: private, max-age=60\r\nX-User: one\r\n\r\n');
    (await held.arrived(4)).send(ok("two", "Cache-Control: private\r\nX-User: two\r\n"));
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(new Set(answers.map(({ body, field }) => `${body} ${field("x-user")}`))).toEqual(new Set(["one one", "two two"]));
  });

  it("do not get another variant that turns out to hold still", async () => {
    const { port, held } = await cached();
    const stale = 'Cache-Control: max-age=1\r\nAge: 1\r\nETag: "b"\r\n';
    // An answer that varies by one field, and a later one that varies by another.
    const filled = ask(port, get("/two", "A: 0\r\nB: 1\r\n"));
    (await held.arrived(1)).send(ok("b is 1", `${stale}Vary: B\r\n`));
    await filled.answer();
    const later = ask(port, get("/two", "A: 1\r\nB: 0\r\n"));
    (await held.arrived(2)).send(ok("a is 1", `${stale}Vary: A\r\n`));
    await later.answer();
    const one = ask(port, get("/two", "A: 2\r\nB: 1\r\n"));
    const request = await held.arrived(3);
    const two = ask(port, get("/two", "A: 2\r\nB: 2\r\n"));
    const last = ask(port, get("/other"));
    (await held.arrived(4)).send(ok("other"));
    await last.answer();
    request.send('HTTP/1.1 304 Not Modified\r\nETag: "b"\r\n\r\n');
    expect((await one.answer()).body).toBe("b is 1");
    (await held.arrived(5)).send(ok("b is 2", `${stale}Vary: B\r\n`));
    expect((await two.answer()).body).toBe("b is 2");
  });
});

describe("what is fetched", () => {
  it("is not kept where something has changed the resource in the meantime (traffic row 52)", async () => {
    const { port, held } = await cached();
    const reader = ask(port, get("/item"));
    const before = await held.arrived(1);
    const writer = ask(port, "PUT /item HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n");
    (await held.arrived(2)).send("HTTP/1.1 204 No Content\r\n\r\n");
    expect((await writer.answer()).status).toBe(204);
    before.send(ok("old", kept));
    expect((await reader.answer()).body).toBe("old");
    const next = ask(port, get("/item"));
    (await held.arrived(3)).send(ok("new", kept));
    expect((await next.answer()).body).toBe("new");
  });

  it("is not for those who ask after the change: they read what they wrote", async () => {
    const { port, held } = await cached();
    const reader = ask(port, get("/item"));
    const before = await held.arrived(1);
    const writer = ask(port, "PUT /item HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n");
    (await held.arrived(2)).send("HTTP/1.1 204 No Content\r\n\r\n");
    await writer.answer();
    const [next, also] = [ask(port, get("/item")), ask(port, get("/item"))];
    const after = await held.arrived(3);
    const last = ask(port, get("/other"));
    (await held.arrived(4)).send(ok("other"));
    await last.answer();
    before.send(ok("old", kept));
    expect((await reader.answer()).body).toBe("old");
    after.send(ok("new", kept));
    expect([(await next.answer()).body, (await also.answer()).body]).toEqual(["new", "new"]);
    expect(held.requests.length, "they wait for one fetch").toBe(4);
  });

  it("passes where it turns out to be too large, however slowly a client reads", async () => {
    const { port, held } = await cached({ maxBytes: 1_000 });
    const client = ask(port, get("/large", "Connection: close\r\n"));
    const request = await held.arrived(1);
    client.socket.pause();
    const part = chunk("~".repeat(1_048_576));
    const parts = 48;
    let sent = 0;
    // The next one when the system has taken the one before.
    const send = (): void => void (sent < parts && request.socket.write(++sent < parts ? part : `${part}0\r\n\r\n`, send));
    request.send(chunkedHead);
    send();
    // The service is not read further than the client reads, and what the system takes for both.
    for (let before = -1, unchanged = 0; unchanged < 30; ) {
      unchanged = sent === before ? unchanged + 1 : 0;
      before = sent;
      const other = ask(port, get(`/other/${held.requests.length}`));
      (await held.arrived(held.requests.length + 1)).send(ok("other"));
      await other.answer();
    }
    expect(sent).toBeLessThan(parts);
    let whole = 0;
    client.socket.setEncoding("latin1").removeAllListeners("data");
    client.socket.on("data", (text: string) => (whole += text.split("~").length - 1)).resume();
    await client.rest();
    expect(whole).toBe(parts * 1_048_576);
    const next = ask(port, get("/large"));
    (await held.arrived(held.requests.length + 1)).send(ok("short", kept));
    expect((await next.answer()).body).toBe("short");
  });

  it("is the whole answer to GET, whoever has it made new (RFC 9110 §9.3.2, §14.2)", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/whole"));
    (await held.arrived(1)).send(ok("one", "Cache-Control: max-age=0, stale-while-revalidate=60\r\n"));
    await first.answer();
    const head = ask(port, "HEAD /whole HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n");
    expect(await head.rest()).toContain("Content-Length: 3");
    const part = ask(port, get("/whole", 'Range: bytes=0-0\r\nIf-Range: "x"\r\n'));
    await part.answer();
    const refresh = await held.arrived(2);
    expect(refresh.head).toMatch(/^GET /);
    expect(refresh.head).not.toMatch(/range/i);
    refresh.send(ok("two", kept));
    await vi.waitFor(async () => expect((await ask(port, get("/whole")).answer()).body).toBe("two"));
    expect(held.requests.length).toBe(2);
  });

  it("is asked for once behind the client's back where a stale answer may be served meanwhile (RFC 5861 §3)", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/stale"));
    const stale = "Cache-Control: max-age=0, stale-while-revalidate=60\r\n";
    (await held.arrived(1)).send(ok("one", stale));
    await first.answer();
    for (let index = 0; index < 3; index++) expect((await ask(port, get("/stale")).answer()).body).toBe("one");
    const refresh = await held.arrived(2);
    expect(held.requests.length, "one refresh for all").toBe(2);
    // A failure does not take the place of what is kept (traffic row 51).
    refresh.send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    await vi.waitFor(async () => {
      expect((await ask(port, get("/stale")).answer()).body).toBe("one");
      expect(held.requests.length).toBeGreaterThan(2);
    });
    const again = await held.arrived(3);
    again.send(ok("two", kept));
    await vi.waitFor(async () => expect((await ask(port, get("/stale")).answer()).body).toBe("two"));
  });
});
