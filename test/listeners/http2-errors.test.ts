import { afterAll, beforeAll, expect, test } from "vitest";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { curl, type Started, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let gateway: Started;

beforeAll(async () => {
  upstream = await echoUpstream({});
  const errors = `errors: { body: "{'code': problem.slug, 'status': problem.status}" }`;
  const out = await workshop.build(
    '{ public: { host: 127.0.0.1, port: "${env:PORT}", http2: true } }',
    `, requestSize: { max: 10B }, ${errors}`,
  );
  gateway = await workshop.start(out, upstream.url);
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

test.each(["--http1.1", "--http2-prior-knowledge"])("%s: a refusal has the shape that `errors` makes", async (version) => {
  const answer = await curl(version, "-d", "more than ten bytes", `http://127.0.0.1:${gateway.port}/`);
  expect(answer).toMatchObject({ status: 413, body: '{"code":"content-too-large","status":413}' });
});
