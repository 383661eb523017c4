import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createAdminAccess } from "../../runtime/admin/access.ts";
import { createAdminTls } from "../../runtime/admin/tls.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import { createWorkerSums } from "../../runtime/metrics/worker-sums.ts";
import { serve } from "../../runtime/process/serve.ts";
import { createUnixSocket } from "../../runtime/process/unix-socket.ts";
import { administered, key, logLines, secret, things, withKey } from "../admin/support.ts";
import { type Authority, makeAuthority } from "../harness/certificates.ts";
import { freePort } from "../harness/free-port.ts";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { service } from "../runtime/support/gateway.ts";

const env = { ADMIN_KEY: key, WRONG_KEY: "wrong-key-0123456789", EMPTY_KEY: "" };

/** Serves for one test; calls `gatewright live` for its admin listener. */
async function running(built: Gateway) {
  logLines();
  const serving = await serve(built, { drainTimeout: 0 });
  onTestFinished(() => serving.close());
  const url = `http://127.0.0.1:${serving.adminPort}`;
  return { url, live: (...args: string[]) => gatewright(["live", ...args, "--url", url], { env }) };
}

/** Its URL. */
async function anotherServer(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "application/json" }).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const metrics = {
  collect: () => [{ name: "things_total", help: "Things", type: "counter" as const, samples: [{ labels: "", value: 3 }] }],
  sums: createWorkerSums,
};

describe("a running gateway", () => {
  test("says its status as a table, and as JSON", async () => {
    const build = { version: "0.1.0", digest: "abc", compatibility: "2026-12-01" };
    const { live } = await running(administered(withKey, { build, services: [service(["http://127.0.0.1:9"])] }));
    const { code, stdout } = await live("status");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^gateway {8}test\nstatus {9}up\nversion {8}0\.1\.0\ndigest {9}abc\n/);
    expect(stdout).toMatch(
      /\nworkers {8}1\n\nservices\n {2}name {4}required {2}endpoints\n {2}orders {2}no {8}http:\/\/127\.0\.0\.1:9\n$/,
    );
    const json = await live("status", "--format", "json");
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([0, { gateway: "test", ...build, workers: 1 }]);
  });

  test("that is ready ends with 0, one that is not with 1 and says what is missing", async () => {
    const ready = await running(administered(withKey));
    expect(await ready.live("ready")).toMatchObject({ code: 0, stdout: "status  ready\nchecks  none\n" });
    const unready = await running(administered(withKey, { services: [service(["http://127.0.0.1:9"], { required: true })] }));
    const { code, stdout } = await unready.live("ready");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^status {2}unready\n\nchecks\n.*\n {2}services\.orders {2}yes {7}no {5}none of its endpoints can be reached\n$/,
    );
  });

  test("gives its metrics as they are", async () => {
    const { live } = await running(administered(withKey, { metrics }));
    const { code, stdout } = await live("metrics");
    expect([code, stdout]).toEqual([0, expect.stringContaining("things_total 3\n")]);
  });

  test("tells what it does between two reads of its metrics", async () => {
    let reads = 0;
    const labels = 'operation="a.v1.list",api="a",version="v1",service="orders"';
    const counted = {
      collect: () => [
        {
          name: "gatewright_requests_total",
          help: "Requests",
          type: "counter" as const,
          samples: [{ suffix: "", labels: `${labels},method="GET",status="500"`, value: ++reads * 10 }],
        },
      ],
      sums: createWorkerSums,
    };
    const { live } = await running(administered(withKey, { metrics: counted }));
    const { code, stdout } = await live("top", "--once", "--interval", "100ms");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^OPERATION +REQ\/S +5XX .*\na\.v1\.list +\d+\.\d +100\.0 % /m)]);
    const json = await live("top", "--format", "json", "--interval", "100ms");
    expect(JSON.parse(json.stdout)).toMatchObject({ operations: [{ operation: "a.v1.list", serverErrors: 1 }] });
    const wrong = await live("top", "--interval", "5ms");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("is not a time between")]);
  });

  test("whose names and values would steer a terminal does not get to", async () => {
    const hostile = "a\u001b]0;x\u0007b\u009b2J\u202e";
    const route = { ...things[2]!, answer: () => ({ status: 200, json: [{ [hostile]: hostile }] }) };
    const { live } = await running(administered(withKey, { adminRoutes: [route] }));
    for (const format of ["text", "json"]) {
      const { code, stdout } = await live("call", "listThings", "--format", format);
      expect(code).toBe(0);
      expect(Array.from(stdout).filter((one) => one !== "\n" && /[\p{Cc}\p{Bidi_Control}]/u.test(one))).toEqual([]);
      if (format === "json") expect(JSON.parse(stdout)).toEqual([{ [hostile]: hostile }]);
    }
  });

  test("tells its log level, and changes it for who has a key", async () => {
    const { live } = await running(administered(withKey));
    expect(await live("log-level")).toMatchObject({ code: 0, stdout: "level  info\n" });
    expect(await live("log-level", "error", "--key-env", "ADMIN_KEY")).toMatchObject({ code: 0, stdout: "level  error\n" });
    expect(await live("log-level", "--format", "json")).toMatchObject({ code: 0, stdout: '{\n  "level": "error"\n}\n' });
    const refused = await live("log-level", "loud", "--key-env", "ADMIN_KEY");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('/level must be one of "error", "warning", "info".'),
    ]);
  });

  test("without a list of revoked credentials says how to give it one", async () => {
    const { live } = await running(administered(withKey));
    const { code, stderr } = await live("revoke", "sub", "alice", "--key-env", "ADMIN_KEY");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("has no list of revoked credentials. Give it one in gateway.yaml"),
    ]);
  });

  test("can be asked whatever its routes allow, from its own document", async () => {
    const { live } = await running(administered(withKey));
    const listed = await live("operations");
    expect(listed.stdout).toMatch(/^operation +method +path +summary\n/);
    expect(listed.stdout).toMatch(/^changePart +PATCH +\/things\/\{thing\}\/parts\/\{part\} +Changes a part$/m);
    const call = ["call", "changePart", "--param", "thing=a/b", "--param", "part=7", "--param", "mode=now"];
    const { code, stdout } = await live(...call, "--body", '{"name":"wheel"}', "--key-env", "ADMIN_KEY", "--format", "json");
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { parameters: { thing: "a/b", part: 7, mode: "now" }, body: { name: "wheel" } },
    ]);
  });
});

describe("exit code 1, and what to do:", () => {
  test("no key, a wrong one, no credentials", async () => {
    const { live } = await running(administered(withKey));
    const without = await live("log-level", "error");
    expect([without.code, without.stderr]).toEqual([
      1,
      expect.stringMatching(/answers 401, A credential is needed\. .*`--key-env NAME`/),
    ]);
    const wrong = await live("log-level", "error", "--key-env", "WRONG_KEY");
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("The credential is not valid")]);
    expect(wrong.stderr).not.toContain(env.WRONG_KEY);
    const open = await running(administered(undefined));
    const nobody = await open.live("log-level", "error", "--key-env", "ADMIN_KEY");
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("`listeners.admin.credentials: {")]);
  });

  test("metrics where the gateway keeps none", async () => {
    const { live } = await running(administered(withKey));
    const { code, stderr } = await live("metrics");
    expect([code, stderr]).toEqual([1, expect.stringContaining("`policies: { metrics: {} }`")]);
  });

  test("nobody listens: which port, and the option that names another", async () => {
    const port = await freePort();
    const { code, stderr } = await gatewright(["live", "status", "--url", `http://127.0.0.1:${port}`]);
    expect([code, stderr]).toEqual([
      1,
      `gatewright: Nothing listens on http://127.0.0.1:${port}. Is the gateway running, with \`listeners.admin\` there? \`--url\` or \`--socket\` names another place.\n`,
    ]);
  });

  test("another server listens, which says yes to everything: nothing was revoked or purged there", async () => {
    const other = await anotherServer();
    for (const args of [
      ["revoke", "key", "k1"],
      ["purge", "tag", "books"],
      ["traffic"],
      ["migrate"],
      ["top", "--once"],
      ["ready"],
      ["operations"],
      ["split"],
    ])
      expect(await gatewright(["live", ...args, "--url", other])).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `gatewright: ${other} answers 200, and is not the admin listener of a gateway: another listener, or another server. \`--url\` or \`--socket\` names another place.\n`,
      });
  });

  test("a credential that no server reads: the gateway is no other server", async () => {
    const { url } = await running(administered(withKey));
    const env = { LONG: "x".repeat(20_000) };
    const { code, stderr } = await gatewright(["live", "status", "--url", url, "--key-env", "LONG"], { env });
    expect([code, stderr]).toEqual([
      1,
      `gatewright: ${url} answers 431: what it is asked is too long, perhaps the credential. Or it is no admin listener. \`--url\` or \`--socket\` names another place.\n`,
    ]);
  });

  test("TLS where there is none", async () => {
    const { url } = await running(administered(withKey));
    const { code, stderr } = await gatewright(["live", "status", "--url", url.replace("http:", "https:")]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("does not speak TLS: try `--url http://…`.")]);
  });
});

describe("exit code 2, as the command line is wrong:", () => {
  test.each([
    [["live", "statsu"], "`live statsu` is unknown. Did you mean `status`?"],
    [["live", "status", "now"], "`now` is too much: write `gatewright live status`."],
    [["live", "call"], "Write `gatewright live call OPERATION`; `gatewright live operations` lists them."],
    [["live", "status", "--url", "127.0.0.1:9090"], "`--url 127.0.0.1:9090` is not a URL."],
    [["live", "status", "--url", "http://a", "--socket", "/b"], "`--url` and `--socket` name two listeners"],
    [["live", "status", "--key-env", "EMPTY_KEY"], "`--key-env EMPTY_KEY`: this environment variable is not set."],
    [["live", "status", "--param", "a=b"], "`--param` and `--body` are for `gatewright live call OPERATION`."],
    [["live", "status", "--format", "xml"], "`--format xml` is unknown; write one of text, json."],
    [["live", "status", "--ca", "/nowhere.pem"], "`/nowhere.pem` cannot be read"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await gatewright(args, { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test.each([
    [["changeParts"], "The gateway has no operation `changeParts`. Did you mean `changePart`?"],
    [["changePart", "--param", "thing=a"], "`changePart` needs `--param part=…`."],
    [["changePart", "--param", "thin=a"], "`changePart` has no parameter `thin`. Did you mean `thing`?"],
    [["changePart", "--param", "thing"], "`--param thing` is not written as `name=value`."],
    [["changePart", "--param", "thing=a", "--param", "thing=b"], "`--param thing` is written twice."],
    [["changePart", "--param", "thing=a", "--param", "part=1", "--param", "mode=now"], "`changePart` needs a body"],
    [["setLogLevel", "--body", "{"], "`--body` is not JSON"],
    [["listThings", "--param", "a=b"], "`listThings` has no parameters."],
    [["listThings", "--body", "{}"], "`listThings` takes no body."],
  ])("call %j", async (args, message) => {
    const { live } = await running(administered(withKey));
    const { code, stderr } = await live("call", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

test("over a Unix socket", async () => {
  const path = join(temporaryFolder(), "admin.sock");
  const built = administered(withKey);
  const socket = createUnixSocket({ path, isTrusted: false });
  logLines();
  const serving = await serve(
    { ...built, listeners: { ...built.listeners, admin: { ...built.listeners.admin!, socket } } },
    { drainTimeout: 0 },
  );
  onTestFinished(() => serving.close());
  expect(await gatewright(["live", "log-level", "--socket", path])).toMatchObject({ code: 0, stdout: "level  info\n" });
  const missing = await gatewright(["live", "status", "--socket", `${path}x`]);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining(`Nothing listens on the socket ${path}x.`)]);
});

describe("over TLS", () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await makeAuthority();
  });

  test("with a certificate for a credential", async () => {
    const own = authority.issue("localhost", ["IP:127.0.0.1"]);
    const client = authority.issue("client", ["DNS:deploy.internal"]);
    const folder = temporaryFolder({
      "ca.pem": authority.certificate,
      "client.pem": client.certificate,
      "client.key": client.key,
    });
    const built = administered(undefined);
    const secure = createAdminTls({
      certificate: secret(own.certificate),
      key: secret(own.key),
      clientCa: secret(authority.certificate),
      at: "gateway.yaml:5",
      certificateFrom: "file a.pem",
      keyFrom: "file a.key",
    });
    const access = createAdminAccess({
      reads: "credentials",
      keys: [],
      certificates: [{ name: "deploy", dns: "deploy.internal" }],
    });
    const { url } = await running({
      ...built,
      listeners: { ...built.listeners, admin: { ...built.listeners.admin!, access, secure } },
    });
    const args = ["live", "log-level", "warning", "--url", url.replace("http:", "https:")];
    const shown = ["--certificate", join(folder, "client.pem"), "--key", join(folder, "client.key")];
    expect(await gatewright([...args, "--ca", join(folder, "ca.pem"), ...shown])).toMatchObject({
      code: 0,
      stdout: "level  warning\n",
    });
    const nameless = await gatewright([...args, "--ca", join(folder, "ca.pem")]);
    expect([nameless.code, nameless.stderr]).toEqual([1, expect.stringContaining("Send a client certificate")]);
    const untrusted = await gatewright(args);
    expect([untrusted.code, untrusted.stderr]).toEqual([1, expect.stringContaining("`--ca` names the file of the authority")]);
  });
});
