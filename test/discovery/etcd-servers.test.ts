import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createFollowedTls } from "../../runtime/calls/followed-tls.ts";
import { createEtcdSource, type EtcdSourceConfig } from "../../runtime/upstream/discovery/etcd/etcd-source.ts";
import { behindPrefix } from "../../runtime/upstream/discovery/etcd/key-range.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { startValue } from "../stores/support/redis-store.ts";
import { EtcdServer } from "./support/etcd-server.ts";
import { following } from "./support/following.ts";
import { HoldingProxy } from "./support/holding-proxy.ts";

const waiting = { timeout: 20_000, interval: 20 };

let etcd: EtcdServer;
beforeAll(async () => {
  etcd = await EtcdServer.start();
});
afterAll(() => etcd?.end());

let prefixes = 0;
/** Below it nothing is there yet. */
const newPrefix = (): string => `services/orders-${++prefixes}/`;

const follow = (prefix: string, change: Partial<EtcdSourceConfig> = {}) =>
  following(createEtcdSource({ addresses: [etcd.url], prefix, ...change }));

describe("servers", () => {
  it("that do not answer are passed over, and one that was killed is followed by the next", async () => {
    const prefix = newPrefix();
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    const dying = await HoldingProxy.start(etcd.port);
    const { addresses, told } = follow(prefix, { addresses: ["http://127.0.0.1:1", dying.url, etcd.url] });
    await vi.waitFor(() => expect(addresses()).toHaveLength(1), waiting);
    expect(dying.connections).toBeGreaterThan(0);
    dying.close();
    await etcd.put(`${prefix}b`, "10.0.0.8:8080");
    await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
    expect(told.fewest).toBe(1);
  });

  it("one that comes back without its data, or with it, is read from the begin", async () => {
    const own = await EtcdServer.start();
    onTestFinished(() => own.end());
    for (const key of ["a", "b", "c"]) await own.put(`x/${key}`, `10.0.0.7:${key.charCodeAt(0)}`);
    const { addresses, told } = following(createEtcdSource({ addresses: [own.url], prefix: "x/" }));
    await vi.waitFor(() => expect(addresses()).toHaveLength(3), waiting);
    await own.stop();
    await vi.waitFor(() => expect(told.failure).toContain("nothing listens there"), waiting);
    expect(addresses()).toHaveLength(3);
    await own.begin();
    await vi.waitFor(() => expect(told.failure).toBeUndefined(), waiting);
    expect(addresses()).toHaveLength(3);
    // Its revisions are lower now than the one that is known: a watch from there would be silent.
    await own.loseData();
    await own.put("x/d", "10.0.0.8:8080");
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.8:8080"]), waiting);
    await own.put("x/e", "10.0.0.9:8080");
    await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
  });

  it("with authentication are asked with a token, and with a new one when that is not known any more", async () => {
    const own = await EtcdServer.start();
    onTestFinished(() => own.end());
    await own.put("x/a", "10.0.0.7:8080");
    await own.call("/v3/auth/user/add", { name: "root", password: "root-secret" });
    await own.call("/v3/auth/user/grant", { user: "root", role: "root" });
    await own.call("/v3/auth/user/add", { name: "gateway", password: "gateway-secret" });
    await own.call("/v3/auth/role/add", { name: "reader" });
    const [key, rangeEnd] = [Buffer.from("x/"), behindPrefix(Buffer.from("x/"))].map((bytes) => bytes.toString("base64"));
    await own.call("/v3/auth/role/grant", { name: "reader", perm: { permType: "READ", key, range_end: rangeEnd } });
    await own.call("/v3/auth/user/grant", { user: "gateway", role: "reader" });
    await own.call("/v3/auth/enable", {});
    const ask = (change: Partial<EtcdSourceConfig>) =>
      following(createEtcdSource({ addresses: [own.url], prefix: "x/", ...change }));
    const credentials = { user: "gateway", password: startValue("gateway-secret") };
    const [nobody, wrong, elsewhere, right] = [
      ask({}),
      ask({ ...credentials, password: startValue("guess") }),
      ask({ ...credentials, prefix: "y/" }),
      ask(credentials),
    ];
    await vi.waitFor(() => expect(right.addresses()).toEqual(["10.0.0.7:8080"]), waiting);
    await vi.waitFor(() => expect(nobody.told.failure).toContain("give `discover.etcd` a `user`"), waiting);
    await vi.waitFor(() => expect(wrong.told.failure).toContain("look at `user` and `password`"), waiting);
    await vi.waitFor(() => expect(elsewhere.told.failure).toContain("etcdctl role grant-permission"), waiting);
    expect([wrong.told.failure, elsewhere.told.failure].join()).not.toMatch(/guess|gateway-secret/);
    for (const other of [nobody, wrong, elsewhere]) other.stop();
    // It forgets its tokens, which are in its memory.
    await own.stop();
    await own.begin();
    const { token } = await own.call("/v3/auth/authenticate", { name: "root", password: "root-secret" });
    const [name, value] = ["x/b", "10.0.0.8:8080"].map((text) => Buffer.from(text).toString("base64"));
    await own.call("/v3/kv/put", { key: name, value }, { authorization: String(token) });
    await vi.waitFor(() => expect(right.addresses()).toHaveLength(2), waiting);
  });

  it("over TLS want a certificate, and are known by theirs", async () => {
    const folder = temporaryFolder();
    const authority = await makeAuthority();
    const [server, client] = [authority.issue("etcd", ["IP:127.0.0.1"]), authority.issue("gateway")];
    const files = { ca: authority.certificate, cert: server.certificate, key: server.key };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const named = (name: string): string => join(folder, name);
    const own = await EtcdServer.start(
      ["--client-cert-auth", "--trusted-ca-file", named("ca"), "--cert-file", named("cert"), "--key-file", named("key")],
      "https",
    );
    onTestFinished(() => own.end());
    const ca = startValue(authority.certificate);
    const shown = { certificate: startValue(client.certificate), key: startValue(client.key) };
    const ask = (pem: object) => {
      const tls = createFollowedTls({ option: "services.orders.discover.etcd", ...pem });
      return following(createEtcdSource({ addresses: [own.url], prefix: "x/", tls })).told;
    };
    const [whole, without, unknown] = [ask({ ca, ...shown }), ask({ ca }), ask(shown)];
    await vi.waitFor(() => expect(whole.listed).toEqual([]), waiting);
    await vi.waitFor(() => expect(without.failure).toBeDefined(), waiting);
    await vi.waitFor(() => expect(unknown.failure).toContain("name that under `ca`"), waiting);
    expect([without.listed, unknown.listed]).toEqual([undefined, undefined]);
  });

  it.each([
    ["something else", "<html>", 200, "not JSON"],
    ["JSON of somebody else", "{}", 200, "no revision"],
    ["a page that is not there", "not found", 404, "JSON gateway"],
  ])("%s on the port is told of", async (_, body, status, why) => {
    const server = createServer((_request, response) => void response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const { told } = follow("a/", { addresses: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
    await vi.waitFor(() => expect(told.failure).toContain(why), waiting);
    expect(told.listed).toBeUndefined();
  });
});
