import type { FieldMatch, VersionMatch } from "../../../ir/route.ts";
import { jsString } from "../../../text/js.ts";
import type { Candidate } from "../../4-plan/route-tree.ts";

/** The condition of a candidate as an expression. Helpers it calls are noted as name and module below `runtime/`. */
export function writeConditions(candidate: Candidate, helpers: Map<string, string>): string {
  const tests = [
    ...candidate.headers.map((field) => holds(header(field.name), field)),
    ...candidate.query.map((field) => holds(query(field.name, helpers), field)),
  ];
  if (candidate.version !== undefined) {
    const named = namedVersion(candidate.version, helpers);
    const value = jsString(candidate.version.value);
    // A request that names no version gets the default, one that names an unknown version never does.
    tests.push(candidate.version.isDefault ? `(${named} ?? ${value}) === ${value}` : `${named} === ${value}`);
  }
  if (candidate.headOnly) tests.push('method === "HEAD"');
  return tests.join(" && ");
}

const holds = (actual: string, field: FieldMatch): string =>
  field.value === undefined ? `${actual} !== undefined` : `${actual} === ${jsString(field.value)}`;

const header = (name: string): string => `x.headers.get(${jsString(name.toLowerCase())})`;

function query(name: string, helpers: Map<string, string>): string {
  helpers.set("queryValue", "routing/query-value");
  return `queryValue(x.query, ${jsString(name)})`;
}

function namedVersion(version: VersionMatch, helpers: Map<string, string>): string {
  const byKind: Readonly<Record<VersionMatch["by"], () => string>> = {
    header: () => header(version.name),
    query: () => query(version.name, helpers),
    mediaType: () => {
      helpers.set("acceptVersion", "routing/accept-version");
      return `acceptVersion(x.headers, ${jsString(version.name.toLowerCase())})`;
    },
  };
  return byKind[version.by]();
}
