import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { memoryDisk, nodeDisk } from "../../compiler/phases/1-load/index.ts";
import type { JsonObject, SourceSet } from "../../compiler/source/source-set.ts";
import { isAboutPaths } from "./buildable.ts";
import { corpus, gatewayFiles, specs } from "./corpus.ts";

/** What an operator writes for each scheme of a document, by the type that it declares. */
const providers: Readonly<Record<string, object>> = {
  apiKey: { apiKey: { keys: { acme: { key: { env: "ACME_KEY" } } } } },
  "http basic": { basic: { users: { file: "users.txt" } } },
  "http bearer": { jwt: { issuer: "https://login.example.com/", audience: "corpus" } },
  oauth2: { jwt: { issuer: "https://login.example.com/", audience: "corpus" } },
  openIdConnect: { jwt: { issuer: "https://login.example.com/", audience: "corpus" } },
  mutualTLS: { mtls: {} },
};

function schemesOf({ specs: documents }: SourceSet): Record<string, object> {
  const [spec] = documents.values();
  const { components, securityDefinitions } = spec!.document as {
    components?: { securitySchemes?: Record<string, object> };
    securityDefinitions?: Record<string, object>;
  };
  // Each may be in another file, whole or one by one.
  const followed = (value: object): object => ("$ref" in value ? (spec!.resolve(value as JsonObject) as object) : value);
  const declared = Object.entries(followed(components?.securitySchemes ?? securityDefinitions ?? {})) as [string, object][];
  return Object.fromEntries(
    declared.flatMap(([name, value]) => {
      const { type, scheme } = followed(value) as { type?: string; scheme?: string };
      const provider =
        providers[type === "http" ? `http ${scheme?.toLowerCase()}` : type === "basic" ? "http basic" : String(type)];
      return provider === undefined ? [] : [[name, provider]];
    }),
  );
}

/** The rest is about documents that leave operations open, schemes that none of their operations uses, and paths. */
const isAboutSecurity = (code: string): boolean =>
  !isAboutPaths(code) && !["check/open-operation", "check/unused-scheme"].includes(code);

/** Larger ones take long, and declare what others declare. */
const sizeOf = (file: string): number => readFileSync(`${corpus}/${file}`).length;
const tried = specs.filter(({ operations, file }) => operations > 0 && sizeOf(file) < 3_000_000);

describe("every document of the corpus, with the security that it demands", () => {
  it.skipIf(tried.length > 0)("(skipped: the shared corpus is not here)", () => {});

  it.skipIf(tried.length === 0).each(tried)(
    "$file builds once its schemes have providers",
    { timeout: 120_000 },
    async ({ file }) => {
      const files = gatewayFiles(file);
      const check = () => checkGateway(`${corpus}/gateway.yaml`, { disk: memoryDisk(files, nodeDisk) });
      const { sources } = await check();
      const written = JSON.parse(files.get(`${corpus}/gateway.yaml`)!) as object;
      const schemes = schemesOf(sources!);
      const certificates = [{ certificate: { file: "tls.crt" }, key: { file: "tls.key" } }];
      const tls = { certificates, clientCertificates: { ca: { file: "clients.pem" } } };
      const listeners = Object.values(schemes).some((one) => "mtls" in one)
        ? { public: { port: 8443, tls } }
        : { public: { port: 8080 } };
      const secured = { ...written, listeners, ...(Object.keys(schemes).length === 0 ? {} : { identity: { schemes } }) };
      files.set(`${corpus}/gateway.yaml`, JSON.stringify(secured));
      const { diagnostics } = await check();
      const faults = diagnostics.filter(({ severity, code }) => severity === "error" && isAboutSecurity(code));
      expect(faults.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    },
  );
});
