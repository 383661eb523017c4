import { expect, it } from "vitest";
import { compileProject } from "../../harness/compile-project.ts";

const serviceWith = async (options: string) => {
  const gateway = `gateway: defaults
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { public: sample } } }
services: { backend: { endpoints: [http://127.0.0.1:9001], ${options} } }
`;
  const { ir, codes } = await compileProject(new Map([["gateway.yaml", gateway]]));
  expect(codes).toEqual([]);
  return ir!.services[0]!.config;
};

it("a service that only hedges has what `retry` has where nothing of it is written, and one attempt after the other", async () => {
  expect(await serviceWith("hedge: {}")).toEqual(await serviceWith("hedge: {}, retry: { attempts: 1 }"));
});

it("a pause, a budget and bounds that were written arrive in milliseconds, shares and bytes", async () => {
  expect(
    await serviceWith(
      "retry: { perTry: 2s, backoff: { base: 10ms, max: 1s }, budget: { ratio: 5%, min: 30/m }, bodyBytes: 1KiB }",
    ),
  ).toMatchObject({
    retry: { attempts: 3, perTry: 2_000, backoff: { base: 10, max: 1_000 }, budget: { ratio: 0.05, min: 0.5 }, bodyBytes: 1_024 },
  });
  expect(await serviceWith("hedge: { after: 80ms }")).toMatchObject({ hedge: { after: 80, attempts: 2 } });
  expect(await serviceWith("hedge: { after: p99 }")).toMatchObject({ hedge: { after: 0.99, attempts: 2 } });
});
