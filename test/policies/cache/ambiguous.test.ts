import { describe, expect, it } from "vitest";
import { createFieldChoice } from "../../../runtime/policies/cache/field-choice.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { ask, cached } from "./support.ts";

const kept = "Cache-Control: max-age=60\r\n";
const byRegion = `${kept}Vary: X-Region\r\n`;

describe("a field of `Vary` under a name that services take for it", () => {
  it.each(["X_Region", "x.region", "X-_Region"])("does not have its answer kept for those without: %s", async (name) => {
    const { port, held } = await cached();
    const first = ask(port, get("/a", `${name}: de\r\n`));
    (await held.arrived(1)).send(ok("de", byRegion));
    expect((await first.answer()).body).toBe("de");
    const next = ask(port, get("/a"));
    const isAlias = name.length === "X-Region".length;
    if (isAlias) (await held.arrived(2)).send(ok("en", byRegion));
    expect((await next.answer()).body).toBe(isAlias ? "en" : "de");
  });

  it("does not reach the service, and changes nothing, where `fields` leaves it out", async () => {
    const { port, held } = await cached({ fields: createFieldChoice(["x-region"]) });
    const first = ask(port, get("/a", "X_Region: de\r\n"));
    const asked = await held.arrived(1);
    expect(asked.head).not.toContain("Region");
    asked.send(ok("en", byRegion));
    await first.answer();
    expect((await ask(port, get("/a")).answer()).field("cache-status")).toMatch(/hit/);
  });
});

const at = (method: string, host: string, path = "/a"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`;

describe("a change of a resource", () => {
  it.each(["shop.example.com:80", "Shop.Example.com.", "shop.example.com:080"])(
    "drops what is kept of it, asked for as %s",
    async (host) => {
      const { port, held } = await cached();
      const get = (): string => `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      const first = ask(port, get());
      (await held.arrived(1)).send(ok("old", kept));
      await first.answer();
      expect((await ask(port, get()).answer()).field("cache-status")).toMatch(/hit/);
      const change = ask(port, at("PUT", "shop.example.com"));
      (await held.arrived(2)).send("HTTP/1.1 204 No Content\r\n\r\n");
      await change.answer();
      const next = ask(port, get());
      (await held.arrived(3)).send(ok("new", kept));
      expect((await next.answer()).body).toBe("new");
    },
  );

  it("is that of another one where the port is another one", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/a"));
    (await held.arrived(1)).send(ok("old", kept));
    await first.answer();
    const change = ask(port, at("PUT", "shop.example.com:8080"));
    (await held.arrived(2)).send("HTTP/1.1 204 No Content\r\n\r\n");
    await change.answer();
    expect((await ask(port, get("/a")).answer()).field("cache-status")).toMatch(/hit/);
  });

  it("drops what `Location` names, however it is written", async () => {
    const { port, held } = await cached();
    const first = ask(port, get("/caf%C3%A9/~a"));
    (await held.arrived(1)).send(ok("old", kept));
    await first.answer();
    const change = ask(port, at("POST", "shop.example.com", "/all"));
    (await held.arrived(2)).send("HTTP/1.1 201 Created\r\nLocation: /caf%c3%a9/%7Ea\r\nContent-Length: 0\r\n\r\n");
    await change.answer();
    const next = ask(port, get("/caf%C3%A9/~a"));
    (await held.arrived(3)).send(ok("new", kept));
    expect((await next.answer()).body).toBe("new");
  });
});
