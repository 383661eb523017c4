import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { type ClientConfig, createClient } from "../../runtime/calls/client.ts";
import { CallFailure } from "../../runtime/calls/failure.ts";
import { proxiesOf } from "../../runtime/calls/proxy.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { startParty } from "../harness/party.ts";

/** A proxy that opens ways to one port of this machine, whatever it is asked for, and remembers what that was. */
async function startProxy(port: number, status = "200 OK"): Promise<{ readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (head) => {
      asked.push(head.toString("latin1"));
      if (!status.startsWith("200")) return void socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
      const way = connect(port, "127.0.0.1");
      way.on("error", () => socket.destroy());
      socket.on("close", () => way.destroy());
      if (head.toString().startsWith("CONNECT ")) socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      else way.write(head);
      socket.pipe(way).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

const client = (named: readonly string[], environment: NodeJS.ProcessEnv, config: Partial<ClientConfig> = {}) =>
  createClient({ named, maxBytes: 10_000, attempts: 1, environment, ...config });

describe("through a proxy of the environment", async () => {
  const authority = await makeAuthority();
  const tls = { context: () => createSecureContext({ ca: authority.certificate }) };

  it("a secure call is a tunnel, so that the proxy reads nothing (RFC 9110 §9.3.6)", async () => {
    const party = await startParty(authority.issue("party", ["DNS:keys.test"]));
    party.on("/jwks", { body: "{}" });
    const proxy = await startProxy(party.port);
    const calls = client(["https://keys.test/"], { https_proxy: `http://user:p%40ss@127.0.0.1:${proxy.port}` }, { tls });
    expect((await calls.call({ url: "https://keys.test/jwks" })).status).toBe(200);
    const credentials = Buffer.from("user:p@ss").toString("base64");
    expect(proxy.asked).toEqual([
      `CONNECT keys.test:443 HTTP/1.1\r\nHost: keys.test:443\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
    ]);
    expect(party.requests).toMatchObject([{ target: "/jwks", headers: { host: "keys.test" } }]);
    expect(party.requests[0]!.headers["proxy-authorization"]).toBeUndefined();
  });

  it("any other one names the whole URL (RFC 9112 §3.2.2)", async () => {
    const party = await startParty();
    const proxy = await startProxy(party.port);
    const calls = client(["http://lists.test/"], { HTTP_PROXY: `127.0.0.1:${proxy.port}` });
    await calls.call({ url: "http://lists.test/blocks?a=1" });
    expect(party.requests).toMatchObject([{ target: "http://lists.test/blocks?a=1", headers: { host: "lists.test" } }]);
  });

  it.each(["https", "http"])(
    "to what the configuration does not name, the proxy is not asked for a name (%s)",
    async (scheme) => {
      const proxy = await startProxy(9);
      const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
      const call = client([], environment).call({ url: `${scheme}://10.0.0.1/` });
      await expect(call).rejects.toMatchObject({ kind: "forbidden" });
      // A connection to the proxy may stand already; nothing was asked.
      expect(proxy.asked).toEqual([]);
    },
  );

  it.each([
    ["407 Proxy Authentication Required", /answered with 407 when asked for keys\.test\. Give its URL a user and a password/],
    ["403 Forbidden", /answered with 403 when asked for keys\.test\. Look at what it lets pass, or name the host in NO_PROXY/],
  ])("%s is said to be the proxy's", async (status, message) => {
    const proxy = await startProxy(9, status);
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const failure = await client(["https://keys.test"], environment, { tls })
      .call({ url: "https://keys.test" })
      .catch((error) => error);
    expect(failure).toBeInstanceOf(CallFailure);
    expect([failure.kind, failure.message]).toEqual(["proxy", expect.stringMatching(message)]);
  });
});

describe("which proxy (as curl and Go read it)", () => {
  const environment = { HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:1" };
  const via = (url: string, more: NodeJS.ProcessEnv = {}) => proxiesOf({ ...environment, ...more })(new URL(url))?.hostname;

  it("goes by the scheme; the lower-case name comes first", () => {
    expect([via("https://a.test/"), via("http://a.test/")]).toEqual(["secure", "plain"]);
    expect(via("https://a.test/", { https_proxy: "http://lower:1" })).toBe("lower");
    expect(proxiesOf({})(new URL("https://a.test/"))).toBeUndefined();
  });

  it.each([
    ["https://a.test/", "a.test"],
    ["https://b.a.test/", "a.test"],
    ["https://b.a.test/", ".a.test"],
    ["https://b.a.test/", "*.a.test"],
    ["https://a.test:8443/", "other.test, a.test:8443"],
    ["https://10.1.2.3/", "10.0.0.0/8"],
    ["https://[2001:db8::1]/", "2001:db8::/32"],
    ["https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"],
    ["https://whatever.test/", "*"],
  ])("%s: none with NO_PROXY=%s", (url, none) => {
    expect(via(url, { NO_PROXY: none })).toBeUndefined();
  });

  it.each([
    ["https://ba.test/", "a.test"],
    ["https://a.test/", "a.test:8443"],
    ["https://11.1.2.3/", "10.0.0.0/8"],
    ["https://a.test/", ""],
  ])("%s: one with NO_PROXY=%s", (url, none) => {
    expect(via(url, { NO_PROXY: none })).toBe("secure");
  });

  it("never one for this machine", () => {
    for (const url of ["http://localhost:1/", "http://127.0.0.9/", "http://[::1]/", "http://a.localhost/"])
      expect(via(url)).toBeUndefined();
  });

  it("refuses to start with one that is not a URL, without telling it", () => {
    expect(() => proxiesOf({ HTTPS_PROXY: "socks5://user:geheim@x" })).toThrow(
      /^environment variable HTTPS_PROXY is not the URL/,
    );
  });
});
