import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";
import { makeCertificate } from "./support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { curl, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;

beforeAll(async () => {
  upstream = await echoUpstream();
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

const fieldsOf = (body: string): Record<string, string> => (JSON.parse(body) as { headers: Record<string, string> }).headers;

describe.each([[[]], [["--workers", "2"]]])("a Unix socket (%j)", (args) => {
  const folder = workshop.folder;
  const name = `workers-${args.length}`;
  const path = join(folder, `${name}.sock`);
  const adminPath = join(folder, `${name}-admin.sock`);
  let out: string;

  beforeAll(async () => {
    out = await workshop.build(
      `{ public: { socket: ${path}, socketMode: "0660", http2: true, trustedProxies: [unix] }, admin: { socket: ${adminPath} } }`,
    );
  });

  /** Resolves with what stops it. */
  const start = async (): Promise<() => Promise<unknown>> => {
    if (args.length > 0) {
      const { program } = await workshop.startWorkers(out, upstream.url);
      return async () => (await program.stop()).code;
    }
    const gateway = await workshop.start(out, upstream.url);
    return async () => {
      const exited = once(gateway.process, "exit");
      gateway.process.kill("SIGTERM");
      return (await exited)[0] as unknown;
    };
  };
  const fresh = (...more: string[]) => curl("--unix-socket", path, ...more, "http://shop.example.com/");

  test("is served, has its permissions, and is gone when the gateway ended", async () => {
    const stop = await start();
    expect(statSync(path).mode & 0o777).toBe(0o660);
    for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
      const { status, body } = await fresh(version, "-H", "X-Forwarded-For: 203.0.113.9");
      expect([status, fieldsOf(body)["x-forwarded-for"]]).toEqual([200, "203.0.113.9, unknown"]);
    }
    expect(await curl("--unix-socket", adminPath, "http://admin/healthz")).toMatchObject({ status: 200 });
    expect(await stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("is open to nobody before it has its permissions", async () => {
    // As careless as an umask can be.
    const before = process.umask(0);
    try {
      const { program } = await workshop.startPreloaded(
        out,
        upstream.url,
        args,
        join(repository, "test/listeners/support/modes-before-chmod.mjs"),
      );
      const modes = [...program.output.matchAll(/^mode of (\S+) before chmod: (\S+)$/gm)];
      const modesOf = (file: string) => modes.filter(([, one]) => one === file).map(([, , mode]) => mode);
      // The second worker finds the socket of the first.
      expect([modesOf(path), modesOf(adminPath)]).toEqual([args.length > 0 ? ["0", "660"] : ["0"], ["0"]]);
      expect([path, adminPath].map((file) => statSync(file).mode & 0o777)).toEqual([0o660, 0o777]);
      expect((await program.stop("SIGTERM")).code).toBe(0);
    } finally {
      process.umask(before);
    }
  });

  test("that a killed gateway left behind is replaced", async () => {
    const left = spawn(process.execPath, [
      "-e",
      `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("listening"))`,
    ]);
    await once(left.stdout, "data");
    const exited = once(left, "exit");
    left.kill("SIGKILL");
    await exited;
    expect(existsSync(path)).toBe(true);
    const stop = await start();
    expect(await fresh()).toMatchObject({ status: 200 });
    await stop();
  });

  test("on which somebody listens is left alone", async () => {
    const other = createServer((socket) => socket.on("error", () => {}).end("mine\n"));
    const busy = join(folder, `${name}-busy.sock`);
    await new Promise<void>((resolve) => other.listen(busy, resolve));
    const built = await workshop.build(`{ public: { socket: ${busy} } }`);
    const { code, stderr } = await new Program(join(built, "gateway.mjs"), args, { env: { UPSTREAM: upstream.url }, cwd: built })
      .ended;
    expect([code, stderr]).toEqual([
      69,
      `gatewright: listener public: the socket ${busy} is in use by another process, or is a file of another kind. Stop that process or name another file.\n`,
    ]);
    expect(existsSync(busy)).toBe(true);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe("proxyProtocol.from: [unix]", () => {
  const path = join(workshop.folder, "proxied.sock");
  const ask = (begin: string): Promise<string> =>
    new Promise((resolve) => {
      let text = "";
      const socket = connect(path, () => socket.write(`${begin}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`));
      socket.on("data", (bytes) => (text += String(bytes)));
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
    });

  beforeAll(async () => {
    const out = await workshop.build(`{ public: { socket: ${path}, proxyProtocol: { from: [unix] } } }`);
    await workshop.start(out, upstream.url);
  });

  test.each([
    ["version 1", "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "192.0.2.1"],
    ["IPv4 as IPv6 in hexadecimal", "PROXY TCP6 ::FFFF:c000:0201 ::1 56324 443\r\n", "192.0.2.1"],
    ["IPv6 with zeros", "PROXY TCP6 2001:0DB8:0:0:0:0:0:1 ::1 56324 443\r\n", "2001:db8::1"],
    ["UNKNOWN", "PROXY UNKNOWN\r\n", "unknown"],
  ])("a peer on the socket names its client (%s)", async (_, header, ip) => {
    const answer = await ask(header);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(`"x-forwarded-for":"${ip}"`);
  });

  test("one that names none is cut off", async () => {
    expect(await ask("")).toBe("");
  });
});

test("a file that is no socket is never replaced", async () => {
  const file = join(workshop.folder, "notes.txt");
  writeFileSync(file, "notes");
  const built = await workshop.build(`{ public: { socket: ${file} } }`);
  const { code } = await new Program(join(built, "gateway.mjs"), [], { env: { UPSTREAM: upstream.url }, cwd: built }).ended;
  expect([code, readFileSync(file, "utf8")]).toEqual([69, "notes"]);
});

test("who listens where is printed", async () => {
  const path = join(workshop.folder, "printed.sock");
  const { certificateFile, keyFile } = await makeCertificate(workshop.folder, "shop", ["127.0.0.1"]);
  const built = await workshop.build(
    `{ public: { socket: ${path}, tls: { certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] } } }`,
  );
  const program = new Program(join(built, "gateway.mjs"), [], { env: { UPSTREAM: upstream.url }, cwd: built });
  await program.until(/gatewright: listeners listens on https at \S+printed\.sock\n/, "stderr");
  const { status, version, body } = await curl("--unix-socket", path, "https://shop.example.com/");
  expect([status, version, fieldsOf(body)["x-forwarded-proto"]]).toEqual([200, "2", "https"]);
  await program.stop();
});

describe("IPv6", () => {
  test("one address", async () => {
    const gateway = await workshop.start(
      await workshop.build('{ public: { host: "::1", port: "${env:PORT}", http2: true } }'),
      upstream.url,
    );
    for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
      const { status, body } = await curl(version, `http://[::1]:${gateway.port}/`);
      expect([status, fieldsOf(body)["x-forwarded-for"], fieldsOf(body).forwarded]).toEqual([
        200,
        "::1",
        `for="[::1]";host="[::1]:${gateway.port}";proto=http`,
      ]);
    }
    expect((await curl(`http://127.0.0.1:${gateway.port}/`)).status).toBe(0);
  });

  test("both families where no address is named", async () => {
    const gateway = await workshop.start(await workshop.build('{ public: { port: "${env:PORT}" } }'), upstream.url);
    for (const [host, ip] of [
      ["[::1]", "::1"],
      ["127.0.0.1", "127.0.0.1"],
    ]) {
      const { status, body } = await curl(`http://${host}:${gateway.port}/`);
      expect([status, fieldsOf(body)["x-forwarded-for"]]).toEqual([200, ip]);
    }
  });
});
