import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { built, metricsOf, startWorkers, workersOf } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { gatewright } from "../harness/program.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";

const gatewayYaml = (next: string, steps: string, analysis: string): string => `gateway: things
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ACME_KEY } } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
  next: ${next}
policies: { metrics: {} }
routes:
  things:
    match: { path: /things, methods: [GET] }
    service: backend
    policies:
      public: sample
      split: { name: things-2, to: { next: 0% }, steps: ${steps}, analysis: ${analysis}, responseField: X-Arm }
  others:
    match: { path: /others, methods: [GET] }
    service: backend
    policies:
      public: sample
      split: { name: things-2, to: { next: 0% }, steps: ${steps}, analysis: ${analysis}, responseField: X-Arm }
`;

const failing = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

/** A gateway with two workers that rolls out `answer`. */
async function rollingOut(answer: string, steps: string, analysis: string, service?: string) {
  const backend = await rawUpstream(answering(ok("[]")));
  const next = await rawUpstream(answering(answer));
  onTestFinished(() => backend.close());
  onTestFinished(() => next.close());
  const gateway = await startWorkers(
    await built({ "gateway.yaml": gatewayYaml(service ?? `{ endpoints: ["${next.url}"] }`, steps, analysis) }),
    backend.url,
  );
  const live = async (...words: string[]) => {
    const said = await gatewright(
      ["live", "split", ...words, "--url", `http://127.0.0.1:${gateway.admin}`, "--key-env", "ACME_KEY", "--format", "json"],
      { env: sampleEnvironment([]) },
    );
    return { ...said, told: said.code === 0 ? (JSON.parse(said.stdout) as Record<string, unknown>) : {} };
  };
  const told = async (): Promise<Record<string, unknown>> => {
    const answer = await sendRequest(gateway.admin, { method: "GET", target: "/splits/things-2", headers: [], body: "" });
    return JSON.parse(answer.body) as Record<string, unknown>;
  };
  /** The same as the command does, without its start. */
  const order = async (wanted: string): Promise<Record<string, unknown>> => {
    const headers = [
      ["Authorization", `Bearer ${sampleEnvironment([]).ACME_KEY}`],
      ["Content-Type", "application/json"],
    ] as const;
    const body = JSON.stringify({ do: wanted });
    return JSON.parse(
      (await sendRequest(gateway.admin, { method: "POST", target: "/splits/things-2/roll-out", headers, body })).body,
    ) as Record<string, unknown>;
  };
  const ask = async (path = "/things"): Promise<string> => (await exchange(gateway.port, get(path, ""))).field("x-arm") ?? "none";
  return { gateway, live, told, order, ask };
}

test("a release that fails is rolled back by what was counted, in all workers and operations", async () => {
  const { gateway, live, told, ask } = await rollingOut(failing, "[50%, 100%]", "{ errors: 0.1%, minimum: 10 }");
  await expect.poll(async () => (await told()).phase).toBe("running");
  // Half of them fail, and none of the others: so few are proof enough, and none comes after them.
  for (let round = 0; round < 8; round++) await Promise.all(Array.from({ length: 10 }, () => ask()));
  await expect.poll(async () => (await told()).phase, { timeout: 20_000 }).toBe("rolledBack");
  for (const path of ["/things", "/others"])
    await expect
      .poll(async () => new Set(await Promise.all(Array.from({ length: 10 }, () => ask(path)))))
      .toEqual(new Set(["things-2=backend"]));

  const shown = (await live("things-2")).told;
  expect(shown).toMatchObject({ shares: "next 0%, backend 100%", steps: "[50%] 100%" });
  expect(shown.why).toMatch(/^errors: bad are 100% of \d+ requests, 0% of \d+ with the old service; evidence/);
  expect(gateway.program.output).toContain("roll-out rolled back");
  const metrics = await metricsOf(gateway.admin);
  expect(metrics).toMatch(/^gatewright_split_phase\{experiment="things-2",phase="rolledBack"\} 1$/m);
  expect(metrics).toMatch(/^gatewright_split_roll_backs_total\{experiment="things-2"\} 1$/m);

  const again = await live("things-2", "continue");
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("`restart` begins with the first step")]);
  expect((await live("things-2", "restart")).told).toMatchObject({ phase: "running", share: "50%" });
});

test("a release of which no endpoint can be used is rolled back, as nobody gets an answer from it", async () => {
  // It listens, and never says that it is ready.
  const checked = `health: { active: { path: /ready, interval: 100ms, unhealthy: 1, expect: { status: [204] } }, panic: { then: refuse } }`;
  const unready = await rawUpstream(answering(ok("[1]")));
  onTestFinished(() => unready.close());
  const { told, ask } = await rollingOut(
    "",
    "[50%, 100%]",
    "{ errors: 0.1%, minimum: 10 }",
    `{ endpoints: ["${unready.url}"], ${checked} }`,
  );
  await expect.poll(async () => (await told()).phase).toBe("running");
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 10 }, () => ask()));
        return (await told()).phase;
      },
      { timeout: 20_000 },
    )
    .toBe("rolledBack");
  expect((await told()).why).toMatch(/^errors: bad are /);
});

test("users who were not distributed as the shares say hold a roll-out, until a hand begins anew", async () => {
  let isBroken = true;
  const next = await rawUpstream((socket) => (isBroken ? socket.destroy() : answering(ok("[1]"))(socket)));
  onTestFinished(() => next.close());
  const steps = "[{ share: 50%, after: 0s, hold: true }, { share: 60%, after: 0s }]";
  const analysis = "{ latency: { p99: 30s }, minimum: 50 }";
  const { gateway, told, order, ask } = await rollingOut("", steps, analysis, `{ endpoints: ["${next.url}"] }`);
  await expect.poll(async () => (await told()).phase).toBe("running");
  const asked = (): Promise<unknown> => Promise.all(Array.from({ length: 50 }, () => ask()));
  const why = async (): Promise<unknown> => {
    await asked();
    return (await told()).why;
  };
  const wrong = async (): Promise<number> =>
    Number(/^gatewright_split_wrong_shares\{experiment="things-2"\} (\d+)$/m.exec(await metricsOf(gateway.admin))?.[1]);
  const waiting = { timeout: 20_000 };
  // Nobody of those who go there is answered, which shows after some hundred of the others.
  await expect
    .poll(async () => {
      await asked();
      return wrong();
    }, waiting)
    .toBeGreaterThan(0);
  expect(await order("continue")).toMatchObject({ share: "60%" });
  await expect.poll(why, waiting).toBe("held: users are not distributed as the shares say");
  isBroken = false;
  // What is mended shows nothing of what was.
  expect(await why()).toBe("held: users are not distributed as the shares say");
  expect(await order("restart")).toMatchObject({ share: "50%" });
  await expect.poll(why, waiting).toBe("held: waits for `continue`");
  await order("continue");
  await expect.poll(why, waiting).toBe("all steps are done");
  expect(await wrong()).toBe(0);
});

test("a hand beats the automaton, which waits without traffic and goes on where it is let", async () => {
  const steps = "[{ share: 10%, after: 0s }, { share: 50%, after: 0s, hold: true }, { share: 100%, after: 0s }]";
  const { gateway, live, told, order, ask } = await rollingOut(
    ok("[1]"),
    steps,
    "{ errors: 0.1%, latency: { p99: 30s }, minimum: 3 }",
  );
  const twoBut = (gone: readonly number[]) =>
    expect
      .poll(async () => {
        const now = await workersOf(gateway.admin).catch((): readonly number[] => []);
        return now.length === 2 && !now.some((pid) => gone.includes(pid));
      })
      .toBe(true);
  await expect.poll(async () => (await told()).why).toBe("held: the new service has had no requests in this step");
  const paused = await live("things-2", "next=20%");
  expect(paused.told).toMatchObject({ phase: "byHand", shares: "next 20%, backend 80%" });
  expect(await order("continue")).toMatchObject({ phase: "running", share: "10%" });

  // Enough of both, and the next step waits for somebody.
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 30 }, () => ask()));
        return (await told()).why;
      },
      { timeout: 20_000 },
    )
    .toBe("held: waits for `continue`");
  expect(await told()).toMatchObject({ steps: "10% [50%] 100%" });

  // The new processes go on where the old ones were.
  const replaced = await workersOf(gateway.admin);
  process.kill(gateway.program.pid, "SIGHUP");
  await gateway.program.until(/2 new workers serve/, "stderr");
  // Those that were replaced are gone a little later.
  await twoBut(replaced);
  await expect.poll(async () => await told()).toMatchObject({ steps: "10% [50%] 100%", phase: "running" });

  // So do those that take the place of killed ones, whichever of them decided.
  for (const pid of await workersOf(gateway.admin)) {
    process.kill(pid, "SIGKILL");
    await twoBut([pid]);
  }
  expect(await told()).toMatchObject({ steps: "10% [50%] 100%", phase: "running" });

  expect(await order("continue")).toMatchObject({ share: "100%" });
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 10 }, () => ask()));
        return (await told()).phase;
      },
      { timeout: 20_000 },
    )
    .toBe("complete");
  expect((await live("things-2", "roll-back")).told).toMatchObject({ phase: "rolledBack", share: "0%" });
});

test("a split without steps has nothing of roll-outs in its bundle", async () => {
  const bundle = async (yaml: string): Promise<string> =>
    readFileSync(`${await built({ "gateway.yaml": yaml })}/gateway.mjs`, "utf8");
  const rolledOut = gatewayYaml(`{ endpoints: ["http://127.0.0.1:9"] }`, "[50%, 100%]", "{ errors: 1% }");
  const plain = rolledOut.replaceAll(", steps: [50%, 100%], analysis: { errors: 1% }", "");
  const hasRollOut = (text: string): boolean => /\/roll-out|gatewright_split_phase/.test(text);
  expect([hasRollOut(await bundle(rolledOut)), hasRollOut(await bundle(plain))]).toEqual([true, false]);
});
