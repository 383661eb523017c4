import type { Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { sizeReport } from "../../../compiler/phases/6-bundle/size-report.ts";

const metafile = (inputs: Record<string, number>): Metafile => ({
  inputs: {},
  outputs: {
    "gateway.mjs": {
      bytes: 0,
      imports: [],
      exports: [],
      inputs: Object.fromEntries(Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }])),
    },
  },
});

describe("sizeReport", () => {
  it("names features as users do, in a checkout and in an installed package, and adds up to the bundle", () => {
    const expected = [
      { feature: "undici", kind: "package", bytes: 50 },
      { feature: "@scope/name", kind: "package", bytes: 40 },
      { feature: "rateLimit", kind: "policy", bytes: 30 },
      { feature: "transport", kind: "runtime", bytes: 15 },
      { feature: "router", kind: "gateway", bytes: 7 },
      { feature: "upstream", kind: "runtime", bytes: 6 },
      { feature: "runtime", kind: "runtime", bytes: 5 },
      { feature: "operations", kind: "gateway", bytes: 4 },
      { feature: "module glue", kind: "runtime", bytes: 3 },
    ];
    for (const root of [
      "",
      "dist/",
      "node_modules/gatewright/dist/",
      "node_modules/.pnpm/gatewright@1/node_modules/gatewright/dist/",
    ]) {
      const inputs = {
        "node_modules/undici/lib/dispatcher/pool.js": 50,
        "node_modules/x/node_modules/@scope/name/index.js": 40,
        [`${root}runtime/policies/rate-limit/index.js`]: 20,
        [`${root}runtime/policies/rate-limit/counters.js`]: 10,
        [`${root}runtime/http/send.js`]: 15,
        [`${root}runtime/upstream/forward.js`]: 6,
        [`${root}runtime/header-list.js`]: 5,
        "gateway:router.js": 7,
        "gateway:operations/orders-v1.js": 3,
        "gateway:main.js": 1,
        [`${root}runtime/policies/unused/index.js`]: 0,
      };
      expect(sizeReport(metafile(inputs), 160)).toEqual(expected);
    }
  });
});
