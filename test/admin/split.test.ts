import { expect, onTestFinished, test } from "vitest";
import { Places } from "../../runtime/policies/split/places.ts";
import { placeOf, seedOf } from "../../runtime/policies/split/unit-hash.ts";
import { built, metricsOf, startWorkers } from "../faults/gateway.ts";
import { gatewright } from "../harness/program.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";

const gatewayYaml = (next: string): string => `gateway: things
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ACME_KEY } } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
  next: { endpoints: ["${next}"] }
policies: { metrics: {}, accessLog: { fields: [path, service, experiments] } }
routes:
  things:
    match: { path: /things, methods: [GET] }
    service: backend
    policies:
      public: sample
      split: { name: things-2, to: { next: 0% }, sticky: "request.query.user", otherwise: random, responseField: X-Arm }
  others:
    match: { path: /others, methods: [GET] }
    service: backend
    policies: { public: sample, split: { name: things-2, to: { next: 0% }, responseField: X-Arm } }
`;

test("shares that are said to a gateway hold in all workers and operations, and whoever has the new service keeps it", async () => {
  const backend = await rawUpstream(answering(ok("[]")));
  const next = await rawUpstream(answering(ok("[1]")));
  onTestFinished(() => backend.close());
  onTestFinished(() => next.close());
  const gateway = await startWorkers(await built({ "gateway.yaml": gatewayYaml(next.url) }), backend.url);
  const live = (...words: string[]) =>
    gatewright(["live", "split", ...words, "--url", `http://127.0.0.1:${gateway.admin}`, "--key-env", "ACME_KEY"], {
      env: sampleEnvironment([]),
    });
  /** Each on a connection of its own, so that every worker gets some. */
  const arms = (path: string, users: number): Promise<readonly string[]> =>
    Promise.all(
      Array.from({ length: users }, async (_, user) => {
        const answer = await exchange(gateway.port, get(`${path}?user=${user}`, ""));
        return answer.field("x-arm") ?? "none";
      }),
    );
  const isNew = (arm: string): boolean => arm === "things-2=next";
  const newOnes = async (): Promise<number> => (await arms("/things", 60)).filter(isNew).length;

  expect(new Set(await arms("/things", 20))).toEqual(new Set(["things-2=backend"]));
  // Of 60 users about 12, and then about 36: the workers have the shares when as many of them are new.
  const said = await live("things-2", "next=20%", "--format", "json");
  expect(said.stderr).toBe("");
  expect([said.code, JSON.parse(said.stdout)]).toEqual([0, expect.objectContaining({ shares: "next 20%, backend 80%" })]);
  const own = placesUnder(0.2);
  await expect.poll(newOnes).toBe(own.length);
  const few = await arms("/things", 60);
  expect(few.flatMap((arm, user) => (isNew(arm) ? [user] : []))).toEqual(own);
  await live("things-2", "next=60%");
  await expect.poll(newOnes).toBe(placesUnder(0.6).length);
  const many = await arms("/things", 60);
  expect(own.filter((user) => !isNew(many[user]!))).toEqual([]);
  await live("things-2", "next=100%");
  for (const path of ["/things", "/others"])
    await expect.poll(async () => new Set(await arms(path, 20))).toEqual(new Set(["things-2=next"]));

  const unknown = await live("things-2", "none=5%");
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("none")]);
  // What is no share changes nothing: `5` is not 0%, and less than nothing is no room for others.
  const sent = ["150%", "100.5%", "-50%", "5", "five", "%", "", "1e1%"].map((share) => JSON.stringify({ next: share }));
  for (const body of [...sent, "{}", '{"next":5}', '{"next":"5%","none":"5%"}'])
    expect([body, await put(gateway.admin, body)]).toEqual([body, 400]);
  const still = JSON.parse((await live("things-2", "--format", "json")).stdout) as { readonly shares: string };
  expect(still.shares).toBe("next 100%, backend 0%");
  expect(await live("things-2", "next=150%")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("`next=150%` is not a share"),
  });

  const missing = await live("things-3");
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("has no experiment `things-3`")]);
  expect(await live("things-2", "next")).toMatchObject({ code: 2, stderr: expect.stringContaining("SERVICE=5%") });
  expect(JSON.parse((await live("--format", "json")).stdout)).toEqual([expect.objectContaining({ experiment: "things-2" })]);

  expect(gateway.program.output).toContain('"experiments":"things-2=next"');
  expect(gateway.program.output).toContain('"from":"next 0%","to":"next 20%"');
  const metrics = await metricsOf(gateway.admin);
  expect(metrics).toMatch(/^gatewright_split_requests_total\{experiment="things-2",arm="next",status="2xx"\} \d+$/m);
  expect(metrics).toMatch(/^gatewright_split_users_total\{experiment="things-2",arm="backend"\} \d+$/m);
  expect(metrics).toMatch(/^gatewright_split_wrong_shares\{experiment="things-2"\} 0$/m);
});

/** The status of the answer. */
async function put(port: number, body: string): Promise<number> {
  const fields = `Host: 127.0.0.1\r\nAuthorization: Bearer ${sampleEnvironment([]).ACME_KEY}\r\nContent-Type: application/json`;
  const answer = await exchange(
    port,
    `PUT /splits/things-2 HTTP/1.1\r\n${fields}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return answer.status;
}

/** Of the users 0 to 59, whoever has the new service with this share. */
function placesUnder(share: number): readonly number[] {
  const places = new Places([share]);
  const seed = seedOf("things-2");
  return Array.from({ length: 60 }, (_, user) => user).filter((user) => places.armAt(placeOf(seed, `${user}`)) === 0);
}
