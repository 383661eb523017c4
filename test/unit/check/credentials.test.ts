import { describe, expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

/** Codes of what is said of a gateway with this `identity`, and what `coverage` and `explain` tell of it. */
async function checked(identity: string, stores = "") {
  const folder = temporaryFolder({
    "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { files: { endpoints: [http://127.0.0.1:9001] } }
${stores}
identity:
  ${identity}
  schemes: { partnerKey: { apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY } } } } } }
routes:
  files: { match: { path: /files }, service: files, policies: { security: [{ partnerKey: [] }] } }
`,
  });
  const { ir, diagnostics } = await checkGateway(`${folder}/gateway.yaml`);
  const security = ir?.operations[0]?.steps.find(({ policy }) => policy === "security");
  return {
    codes: diagnostics.map(({ code }) => code),
    step: security?.summary,
    credentials: ir?.credentials?.map(({ name, summary }) => `${name}: ${summary}`),
  };
}

const redis = "stores: { default: { redis: { url: redis://127.0.0.1:6379 } } }";

describe("identity.revoked", () => {
  it("in a store says what happens while that fails; the memory of a process is no place for it", async () => {
    expect((await checked("revoked: { store: default }", redis)).codes).toEqual(["check/store-failure-needed"]);
    expect((await checked("revoked: { store: default, onStoreFailure: keep }")).codes).toEqual(["check/store-lacks"]);
    expect(await checked("revoked: { store: default, onStoreFailure: keep }", redis)).toEqual({
      codes: [],
      step: "partnerKey, unless revoked",
      credentials: ["revoked: store default, up to 100000 entries; while it fails, what was known last counts"],
    });
  });

  it("says how long the last set counts only where that has an end", async () => {
    const { codes } = await checked("revoked: { store: default, onStoreFailure: keep, maxAge: 2m }", redis);
    expect(codes).toEqual(["check/revocations-need-store"]);
    const { credentials } = await checked("revoked: { store: default, onStoreFailure: refuse, maxAge: 2m }", redis);
    expect(credentials?.[0]).toContain("counts for 2m, then nobody is let in");
  });

  it("and identity.damping are told of by the step that authenticates", async () => {
    expect(await checked("revoked: { file: revoked.json }\n  damping: { failures: 5/m }")).toEqual({
      codes: [],
      step: "partnerKey, unless revoked, damped",
      credentials: ["revoked: file revoked.json, up to 100000 entries", "damping: 5/m wrong credentials, then 1s each"],
    });
  });
});
