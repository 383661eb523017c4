import { status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { client, grpcService } from "../upstream/support/grpc.ts";
import { get, start } from "./support/gateway.ts";

const file = (url: string, options: string): string => `gateway: attempts
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
policies: { metrics: {} }
routes:
  once: { match: { path: /shop.Orders/Watch, methods: [POST] }, service: orders, policies: { public: attempts } }
  again:
    match: { path: /shop.Orders/Get, methods: [POST] }
    service: orders
    policies: { public: attempts, retry: { idempotent: "it only reads", on: [UNAVAILABLE] } }
services:
  orders:
    endpoints: [${url}]
    protocol: grpc
    timeout: { response: 9s }
    deadline: {}
    retry: { attempts: 2, backoff: { base: 1ms, max: 1ms } }
    ${options}
`;

it("a built gateway repeats calls, opens its breaker after those that failed, and tells clients of it in their own way", async () => {
  let count = 0;
  const left: number[] = [];
  let code: number = status.UNAVAILABLE;
  const url = await grpcService({
    unary: (call, reply) => {
      count++;
      left.push(Number(call.getDeadline()) - Date.now());
      if (code === status.OK) reply(null, "well");
      else reply({ code, details: "as asked" });
    },
    streaming: (call) => {
      count++;
      call.emit("error", { code, details: "as asked" });
    },
  });
  const gateway = await start(file(url, "breaker: { consecutive: 4, open: 1m }"));
  const calls = client(gateway.port);
  // What is about the caller is counted as good, however often it comes.
  code = status.PERMISSION_DENIED;
  for (let turn = 0; turn < 5; turn++) expect((await calls.get()).code).toBe(code);
  expect(count).toBe(5);
  // Nobody says that this one does no harm twice.
  code = status.UNAVAILABLE;
  expect((await calls.watch()).code).toBe(code);
  expect(count).toBe(6);
  // Two attempts, and one: four failures in a row.
  expect((await calls.get()).details).toBe("as asked");
  expect(count).toBe(8);
  code = status.INTERNAL;
  expect((await calls.get()).code).toBe(code);
  expect(count).toBe(9);
  expect(await calls.get()).toMatchObject({
    code: status.UNAVAILABLE,
    details: "The service is not asked at the moment, as it has failed",
  });
  expect(count).toBe(9);
  for (const ms of left) expect(ms).toBeLessThanOrEqual(9_000);
  const { body } = await get(gateway.adminPort!, "/metrics");
  expect(body).toMatch(/^gatewright_upstream_retries_total\{service="orders"\} 1$/m);
  // What nobody has is told in the same way.
  expect((await calls.get({}, undefined, "/shop.Orders/Other")).code).toBe(status.UNIMPLEMENTED);
});

it("a brown-out tells callers that nobody has the method, as behind the end of its version, or that they may try again", async () => {
  const url = await grpcService({ unary: (_call, reply) => reply(null, "well"), streaming: (call) => call.end() });
  // The clock of the gateway begins at 2026-12-01T00:00Z.
  const windows = 'windows: [{ start: "2026-11-30T23:00", duration: 1d }]';
  const text = file(url, "")
    .replace("{ public: attempts, retry", `{ public: attempts, brownout: { ${windows} }, retry`)
    .replace("{ public: attempts } }", `{ public: attempts, brownout: { status: 503, ${windows} } } }`);
  const calls = client((await start(text)).port);
  expect(await calls.get()).toMatchObject({ code: status.UNIMPLEMENTED, details: expect.stringMatching(/^This ends soon/) });
  expect(await calls.watch()).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(/^This ends soon/) });
});
