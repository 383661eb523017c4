import { expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const orders = (policies: object, match: object): object => ({
  match: { methods: ["GET"], path: "/orders", ...match },
  service: "app",
  policies: { security: [{ partnerKey: [] }], ...policies },
});

const gateway = (routes: object, more: object): string =>
  JSON.stringify(
    {
      gateway: "shop",
      compatibility: "2026-12-01",
      listeners: { public: { port: 8080 } },
      services: { app: { endpoints: ["http://127.0.0.1:9001"] }, tried: { endpoints: ["http://127.0.0.1:9002"] } },
      identity: {
        schemes: { partnerKey: { apiKey: { in: "header", name: "X-API-Key", keys: { acme: { key: { env: "ACME_KEY" } } } } } },
      },
      routes,
      ...more,
    },
    undefined,
    1,
  );

const own = "response.body.owner == identity.subject";
const allow = [{ name: "errors", if: "response.status >= 400" }];

const printed = async (command: readonly string[], policies: object, more: object = {}, match: object = {}): Promise<string> => {
  const cwd = temporaryFolder({ "gateway.yaml": gateway({ orders: orders(policies, match) }, more) });
  return (await gatewright([...command], { cwd })).stdout;
};

test("`coverage` tells what an answer has to be to be shown, what is excepted, and that requests get through", async () => {
  const told = await printed(["coverage"], { authorize: { answer: { require: own, allow } } });
  expect(told).toContain(`\`authorize\` shows an answer only where \`${own}\`: routes.orders\n`);
  expect(told).toContain("`authorize` shows an answer to errors: `response.status >= 400`: routes.orders\n");
  expect(told).toContain("`authorize`: it decides over answers alone: requests reach the service: routes.orders\n");
  const both = await printed(["coverage"], { authorize: { require: "'a' in identity.roles", answer: { require: own } } });
  expect(both).not.toContain("answers alone");
  const always = await printed(["coverage"], { authorize: { answer: { require: "response.status > 0 || true" } } });
  expect(always).toContain("`authorize`: it shows every answer: routes.orders\n");
  const reporting = await printed(["coverage"], { authorize: { mode: "report", answer: { require: own } } });
  expect(reporting).toContain("`authorize` only reports: routes.orders\n");
  expect(reporting).not.toContain("shows an answer only");
});

test("`explain` tells what of answers is held in memory, for whom, and what becomes of larger ones", async () => {
  const explained = ["explain", "GET /orders"];
  const held = await printed(explained, { authorize: { answer: { require: own, maxBody: "64KiB" } } });
  expect(held).toMatch(
    /^answers {4}held in memory for authorize \(gateway\.yaml:\d+: at most 64KiB; larger ones are refused; interim/m,
  );
  const reporting = await printed(explained, { authorize: { mode: "report", answer: { require: own } } });
  expect(reporting).toMatch(/^answers {4}copied as they pass for authorize \(.*: at most 1MiB; larger ones are not checked\)/m);
  const head = await printed(explained, { authorize: { answer: { require: "response.status < 300" } } });
  expect(head).toMatch(
    /^answers {4}wait until authorize has judged their head \(gateway\.yaml:\d+; interim answers are dropped\)$/m,
  );
  const rateLimit = { limit: "9/m", cost: { after: "response.body.rows" } };
  const several = await printed(explained, { rateLimit, authorize: { answer: { require: own } } });
  // In the order in which an answer comes to them.
  expect(several).toMatch(
    /^answers {4}copied .* rateLimit .*\n.*event streams\n +held in memory for authorize .*\n +one body in memory serves all of these$/m,
  );
});

test("`explain` tells whether what is compressed is kept beside the answer", async () => {
  const explained = ["explain", "GET /orders"];
  const kept =
    /^ {11}kept beside it as compress makes it, once for each coding \(gateway\.yaml:\d+: above 64KiB in threads of zlib; /m;
  const cache = { key: ["identity.subject"] };
  expect(await printed(explained, { cache, compress: {} })).toMatch(kept);
  expect(await printed(explained, { cache, compress: {}, authorize: { answer: { require: own } } })).not.toMatch(kept);
  expect(await printed(explained, { cache, compress: { when: "request.method == 'GET'" } })).not.toMatch(kept);
  expect(await printed(explained, { compress: {} })).not.toMatch(kept);
  const stores = { default: { memory: {} }, far: { redis: { url: "redis://127.0.0.1" } } };
  const far = await printed(explained, { cache: { ...cache, store: "far" }, compress: {} }, { stores });
  expect(far).toMatch(/^ {11}made by compress for each client \(gateway\.yaml:\d+\): the store keeps what the service sent$/m);
  expect(await printed(explained, { cache: { ...cache, store: "far", memory: {} }, compress: {} }, { stores })).toMatch(kept);
});

test("`explain` tells what of requests is held or copied, and what becomes of larger ones", async () => {
  const explained = ["explain", "POST /orders"];
  const methods = { methods: ["POST"] };
  const mirror = { to: "tried", share: "10%", unsafe: "a test" };
  const held = await printed(explained, { idempotency: {}, mirror }, {}, methods);
  expect(held).toMatch(
    /^body {7}held in memory for idempotency \(gateway\.yaml:\d+: at most 1MiB\); larger ones get 413; where memory is short, all get 503$/m,
  );
  expect(held).toMatch(
    /^ {11}copied as they pass for mirror \(gateway\.yaml:\d+: at most 64KiB\); requests with larger ones are not copied, nor any /m,
  );
  expect(held).toMatch(
    /^answers {4}kept by idempotency \(.*: at most 64KiB; larger ones pass, and so do all where memory is short\)$/m,
  );
  const cache = { safe: "a search", key: ["identity.subject"] };
  const searched = await printed(explained, { cache, decompress: {} }, {}, methods);
  expect(searched).toMatch(
    /^body {7}held in memory for decompress .*: at most 1MiB\): those with a content coding and cache .*: at most 64KiB\); larger ones get 413; /m,
  );
  expect(searched).toMatch(/^ {11}what slow clients take of what has left the cache counts as memory for bodies$/m);
});
