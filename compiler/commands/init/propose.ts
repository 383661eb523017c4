import { dirname, posix } from "node:path";
import type { FoundSpec } from "./find-specs.ts";
import { type PublicPlace, placeDocuments } from "./public-paths.ts";
import { type SchemeFacts, type SpecFacts, specFacts } from "./spec-facts.ts";

/** A first gateway for the specs of a folder. */
export interface Proposal {
  readonly name: string;
  readonly apis: readonly ProposedApi[];
  /** All required schemes of all specs, once each. */
  readonly schemes: readonly SchemeFacts[];
  /** A scheme of the gateway's own, for specs that require security of no operation; undefined where there are none. */
  readonly gatewayScheme: string | undefined;
}

export interface ProposedApi {
  readonly name: string;
  readonly place: PublicPlace;
  readonly versions: readonly ProposedVersion[];
}

/** A document and what was read in it. */
export interface ReadSpec {
  readonly spec: FoundSpec;
  readonly facts: SpecFacts;
  /** Name of its version: unique among the documents of one title. */
  readonly version: string;
}

export interface ProposedVersion {
  readonly name: string;
  readonly spec: FoundSpec;
  readonly facts: SpecFacts;
  readonly policyFile: string;
  readonly service: string;
  /** Name of the environment variable that says where the service listens. */
  readonly endpointVariable: string;
}

/** Documents of one title are versions of one API where they have the same paths; every other document is an API of its own. */
export function propose(folderName: string, specs: readonly FoundSpec[]): Proposal {
  const titles = new Map<string, ReadSpec[]>();
  for (const spec of specs) {
    const name = slug(spec.title.replaceAll(/\bapi\b/gi, " ")) || slug(posix.basename(dirname(spec.file))) || "api";
    const group = titles.get(name) ?? [];
    const version = unique(
      versionName(spec),
      group.map((other) => other.version),
    );
    titles.set(name, [...group, { spec, facts: specFacts(spec), version }]);
  }
  const apis = placeDocuments(titles).map(({ name, place, documents }): ProposedApi => {
    const origins = new Set(documents.map(({ facts }) => facts.server.origin));
    const versions = documents.map(({ spec, facts, version }): ProposedVersion => {
      const service = origins.size === 1 ? name : `${name}-${version.replaceAll(/[^\w-]/g, "-")}`;
      return {
        name: version,
        spec,
        facts,
        policyFile: policyFileOf(spec, specs),
        service,
        endpointVariable: `${environmentName(service)}_URL`,
      };
    });
    return { name, place, versions };
  });
  const facts = apis.flatMap((api) => api.versions.map((version) => version.facts));
  return {
    name: slug(folderName) || "gateway",
    apis,
    schemes: mergeSchemes(facts),
    gatewayScheme: facts.some(({ isOpen }) => isOpen)
      ? unique(
          "gatewayKey",
          facts.flatMap(({ declared }) => declared),
        )
      : undefined,
  };
}

function mergeSchemes(facts: readonly SpecFacts[]): SchemeFacts[] {
  const schemes = new Map<string, SchemeFacts>();
  for (const scheme of facts.flatMap((each) => each.schemes)) {
    const before = schemes.get(scheme.name);
    const operations = scheme.operations + (before?.operations ?? 0);
    schemes.set(scheme.name, { ...scheme, operations, roles: [...new Set([...(before?.roles ?? []), ...scheme.roles])] });
  }
  return [...schemes.values()];
}

function policyFileOf({ file }: FoundSpec, all: readonly FoundSpec[]): string {
  const neighbours = all.filter((other) => dirname(other.file) === dirname(file));
  const stem = posix.basename(file).replace(/\.[^.]+$/, "");
  return posix.join(dirname(file), neighbours.length === 1 ? "policies.yaml" : `${stem}.policies.yaml`);
}

/** The version in the path of the file (`orders/v2/openapi.yaml`, `orders-v2.yaml`), or the major one of `info.version`. */
function versionName({ file, version }: FoundSpec): string {
  const written = file
    .split(/[/.-]/)
    .reverse()
    .find((part) => /^v\d+$/i.test(part));
  return written?.toLowerCase() ?? `v${/^v?(\d+)/.exec(version)?.[1] ?? "1"}`;
}

export function unique(name: string, taken: readonly string[]): string {
  let candidate = name;
  for (let count = 2; taken.includes(candidate); count += 1) candidate = `${name}-${count}`;
  return candidate;
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "");

/** `partnerKey` → `PARTNER_KEY`. */
export const environmentName = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replace(/^(?=\d)/, "_")
    .toUpperCase();
