import { dirname, posix } from "node:path";
import type { FoundSpec } from "./find-specs.ts";
import { type SchemeFacts, type SpecFacts, specFacts } from "./spec-facts.ts";

/** A first gateway for the specs of a folder. */
export interface Proposal {
  readonly name: string;
  readonly apis: readonly ProposedApi[];
  /** All required schemes of all specs, once each. */
  readonly schemes: readonly SchemeFacts[];
}

export interface ProposedApi {
  readonly name: string;
  /** Public path in front of everything; "" for the only API of a gateway. */
  readonly basePath: string;
  readonly versions: readonly ProposedVersion[];
}

export interface ProposedVersion {
  readonly name: string;
  readonly spec: FoundSpec;
  readonly facts: SpecFacts;
  readonly policyFile: string;
  readonly service: string;
  /** URL, or text with `${env:NAME}` where the spec names no server. */
  readonly endpoint: string;
}

/** Documents of one title are versions of one API; every other document is an API of its own. */
export function propose(folderName: string, specs: readonly FoundSpec[]): Proposal {
  const groups = new Map<string, FoundSpec[]>();
  for (const spec of specs) {
    const name = slug(spec.title.replaceAll(/\bapi\b/gi, " ")) || slug(posix.basename(dirname(spec.file))) || "api";
    groups.set(name, [...(groups.get(name) ?? []), spec]);
  }
  const single = groups.size === 1;
  const apis = [...groups].map(([name, group]) => proposeApi(name, group, specs, single));
  const schemes = new Map<string, SchemeFacts>();
  for (const { schemes: required } of apis.flatMap((api) => api.versions.map((version) => version.facts))) {
    for (const scheme of required) {
      const before = schemes.get(scheme.name);
      const operations = scheme.operations + (before?.operations ?? 0);
      schemes.set(scheme.name, { ...scheme, operations, roles: [...new Set([...(before?.roles ?? []), ...scheme.roles])] });
    }
  }
  return { name: slug(folderName) || "gateway", apis, schemes: [...schemes.values()] };
}

function proposeApi(name: string, group: readonly FoundSpec[], all: readonly FoundSpec[], single: boolean): ProposedApi {
  const taken = new Set<string>();
  const servers = new Set(group.map((spec) => specFacts(spec).server));
  const versions = group.map((spec): ProposedVersion => {
    const facts = specFacts(spec);
    const version = unique(versionName(spec), taken);
    const service = servers.size === 1 ? name : `${name}-${version.replaceAll(".", "-")}`;
    const neighbours = all.filter((other) => dirname(other.file) === dirname(spec.file));
    const stem = posix.basename(spec.file).replace(/\.[^.]+$/, "");
    const policyFile = posix.join(dirname(spec.file), neighbours.length === 1 ? "policies.yaml" : `${stem}.policies.yaml`);
    const endpoint = facts.server ?? `\${env:${environmentName(service)}_URL}`;
    return { name: version, spec, facts, policyFile, service, endpoint };
  });
  return { name, basePath: single ? "" : `/${name}`, versions };
}

/** The version in the path of the file (`orders/v2/openapi.yaml`, `orders-v2.yaml`), or the major one of `info.version`. */
function versionName({ file, version }: FoundSpec): string {
  const written = file
    .split(/[/.-]/)
    .reverse()
    .find((part) => /^v\d+$/i.test(part));
  return written?.toLowerCase() ?? `v${/^v?(\d+)/.exec(version)?.[1] ?? "1"}`;
}

function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name}-${count}`;
  taken.add(candidate);
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
    .toUpperCase();
