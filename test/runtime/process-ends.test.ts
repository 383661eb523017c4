import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createUnixSocket } from "../../runtime/process/unix-socket.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { bundle, ChildGateway } from "./support/child-gateway.ts";
import { exchange, get, RawClient } from "./support/raw-client.ts";
import { ok, rawUpstream } from "./support/raw-upstream.ts";

let main: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  main = await bundle("child-main.ts");
});
afterAll(() => main.remove());

const started: ChildGateway[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()));
});

const preload = (name: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${fileURLToPath(new URL(`support/${name}.mjs`, import.meta.url))}`,
});

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildGateway {
  const child = new ChildGateway(main.file, args, {
    TEST_KEY: "hunter2",
    TEST_UPSTREAM: "http://127.0.0.1:9",
    TEST_PORT: "0",
    ...environment,
  });
  started.push(child);
  return child;
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

const lives = (pid: number): boolean => {
  try {
    // A process that ended and was not waited for is there, as a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe("workers that do not go by themselves", () => {
  test("one that is stopped does not keep its primary from ending: it is killed", async () => {
    // It is not watched, so that only the end of the primary can end it.
    const child = start(["--workers", "2", "--worker-timeout", "0", "--drain-timeout", "0"]);
    await child.ports();
    const workers = childrenOf(child.process.pid!);
    expect(workers.length).toBe(2);
    process.kill(workers[0]!, "SIGSTOP");
    child.signal("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(workers.filter(lives)).toEqual([]);
  });

  test("workers end with their primary, however that ended", async () => {
    const child = start(["--workers", "2"]);
    await child.ports();
    const workers = childrenOf(child.process.pid!);
    child.signal("SIGKILL");
    await expect.poll(() => workers.filter(lives), { timeout: 20_000 }).toEqual([]);
  });
});

describe("a worker that dies again and again", () => {
  /** How many workers answer. */
  const serving = async (port: number): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(port, get("/pid"))));
    return new Set(answers.map(({ body }) => body)).size;
  };

  /** Lets a worker die `times` times; returns the delays after which others were started. */
  async function crash(child: ChildGateway, port: number, times: number): Promise<number[]> {
    const delays = (): number[] => [...child.stderr.matchAll(/a new one starts in (\d+) ms/g)].map(([, delay]) => Number(delay));
    for (let round = 0; round < times; round++) {
      const before = delays().length;
      await new RawClient(port).write(get("/crash")).rest();
      await expect.poll(() => delays().length, { timeout: 20_000 }).toBe(before + 1);
      // Both serve again before the next one dies: else nobody would hold the port, which the system chose.
      await expect.poll(() => serving(port), { timeout: 20_000 }).toBe(2);
    }
    return delays();
  }

  test("is started again later each time, and at once when the last one had lived for long", async () => {
    const child = start(["--workers", "2"], preload("later-on-signal"));
    const { port } = await child.ports();
    expect(await crash(child, port, 4)).toEqual([100, 200, 400, 800]);
    // What the primary takes for half a minute.
    child.signal("SIGUSR2");
    await child.untilPrinted(/31 s later/);
    expect((await crash(child, port, 1)).at(-1)).toBe(100);
  });
});

describe("SIGTERM during the start", () => {
  test.each([
    ["of a single process", [], "self"],
    ["of a primary", ["--workers", "2"], "self"],
    ["of workers, to their primary", ["--workers", "2"], "primary"],
  ] as const)("%s ends it with 0 as soon as it can", async (_name, args, terminates) => {
    // Nobody waits for the deadline.
    const child = start(["--drain-timeout", "600", ...args], {
      ...preload("terminated-when-it-listens"),
      TERMINATES: terminates,
    });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stderr).not.toMatch(/^\s+at /m);
  });
});

describe("SIGTERM", () => {
  // The deadline is far away: a gateway that waits for it does not end within this test.
  test.each([[[]], [["--workers", "2"]]])(
    "ends the process soon after the last answer (%j)",
    { timeout: 20_000 },
    async (args) => {
      const upstream = await rawUpstream(() => {});
      onTestFinished(() => upstream.close());
      const child = start([...args, "--drain-timeout", "600"], { TEST_UPSTREAM: upstream.url });
      const { port } = await child.ports();
      const idle = new RawClient(port);
      await idle.write(get("/pid")).answer();
      const client = new RawClient(port).write(get("/slow"));
      await expect.poll(() => upstream.sockets.length).toBe(1);
      child.signal("SIGTERM");
      upstream.sockets[0]!.write(ok("late"));
      expect((await client.answer()).body).toBe("late");
      expect(await child.exited).toEqual({ code: 0, signal: null });
    },
  );
});

describe("a Unix socket that somebody left", () => {
  const listening = async (path: string): Promise<ChildProcess> => {
    const code = `require("net").createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log("listening"))`;
    const other = spawn(process.execPath, ["-e", code]);
    onTestFinished(() => void other.kill("SIGKILL"));
    await once(other.stdout, "data");
    return other;
  };

  /** Connects until the queue of a server that takes nobody is full (connect(2), EAGAIN). */
  async function fillQueue(path: string): Promise<void> {
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (;;) {
      const socket = connect({ path });
      sockets.push(socket);
      const code = await new Promise<string>((resolve) => {
        socket.once("connect", () => resolve(""));
        socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      });
      if (code === "") continue;
      expect(code).toBe("EAGAIN");
      return;
    }
  }

  test("stays where nobody can say whether it is served", async () => {
    const path = join(temporaryFolder(), "other.sock");
    const other = await listening(path);
    // It lives, and answers nobody: it may be busy.
    other.kill("SIGSTOP");
    await fillQueue(path);
    const server = createServer();
    const opened = createUnixSocket({ path, isTrusted: false }).listen(server, "public");
    await expect(opened).rejects.toThrow(/listener public: the socket \S+ is in use by another process/);
    expect(existsSync(path)).toBe(true);
  });

  test("is replaced where nobody serves it", async () => {
    const path = join(temporaryFolder(), "left.sock");
    const other = await listening(path);
    other.kill("SIGKILL");
    await once(other, "exit");
    expect(existsSync(path)).toBe(true);
    const server = createServer();
    await createUnixSocket({ path, isTrusted: false }).listen(server, "public");
    await new Promise((resolve) => server.close(resolve));
  });
});
