import type { ApiVersion, GatewayFile } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { ApiVersionIr } from "../../ir/gateway.ts";
import type { Positions } from "../../ir/positions.ts";
import type { VersionMatch } from "../../ir/route.ts";
import { parseDate } from "../../text/formats.ts";
import type { LinkedOperation } from "./linked-gateway.ts";
import {
  basePathOfVersion,
  defaultVersionInPath,
  prefixWithoutVersion,
  severalDefaults,
  successorUnknown,
  successorWithoutPath,
  sunsetBeforeDeprecation,
  versioningMissing,
  versioningName,
} from "./messages.gen.ts";

/** One version of one API with everything that its operations inherit. */
export interface LinkedVersion {
  readonly ir: ApiVersionIr;
  readonly settings: ApiVersion;
  readonly hosts: readonly string[];
  readonly versionMatch?: VersionMatch;
  readonly lifecycle: LinkedOperation["lifecycle"];
}

/** Settles how versions are told apart and what their life cycle adds to answers. */
export function linkVersions(gateway: GatewayFile, positions: Positions, sink: DiagnosticSink): LinkedVersion[] {
  return Object.entries(gateway.apis ?? {}).flatMap(([api, settings]) => {
    const names = Object.keys(settings.versions);
    const { versioning, versions } = settings;
    const by = versioning?.by ?? "none";
    if (versioning === undefined && names.length > 1) {
      sink.report(
        versioningMissing(positions.key(gateway.apis!, api), { api, versions: names.map((name) => `\`${name}\``).join(" and ") }),
      );
    }
    if (versioning !== undefined) {
      if (by !== "path" && versioning.name === undefined) sink.report(versioningName(positions.of(versioning), { api, by }));
      if (by === "path" && !(versioning.prefix ?? "/{version}").includes("{version}") && names.length > 1) {
        sink.report(prefixWithoutVersion(positions.value(versioning, "prefix"), { prefix: versioning.prefix ?? "" }));
      }
    }
    const defaults = names.filter((name) => versions[name]!.default === true);
    if (defaults.length > 1) {
      const [first, second] = defaults as [string, string];
      const related = [{ origin: positions.value(versions[first]!, "default"), text: "another default" }];
      sink.report(
        severalDefaults(positions.value(versions[second]!, "default"), { api, one: first, other: second }, { related }),
      );
    }
    const prefixOf = (version: string): string =>
      joinPaths(
        settings.basePath ?? "",
        by === "path" ? (versioning!.prefix ?? "/{version}").replaceAll("{version}", version) : "",
      );

    return names.map((version): LinkedVersion => {
      const own = versions[version]!;
      const isDefault = own.default === true;
      if (isDefault && (by === "path" || by === "none"))
        sink.report(defaultVersionInPath(positions.value(own, "default"), { api, version }));
      if (own.basePath !== undefined)
        sink.report(
          basePathOfVersion(
            positions.key(own, "basePath"),
            { version, path: own.basePath },
            { edits: [{ origin: positions.key(own, "basePath"), text: "servicePath" }] },
          ),
        );
      const deprecated = own.deprecated === undefined ? undefined : parseDate(own.deprecated);
      const sunset = own.sunset === undefined ? undefined : parseDate(own.sunset);
      if (deprecated !== undefined && sunset !== undefined && sunset < deprecated) {
        const related = [{ origin: positions.value(own, "deprecated"), text: "deprecated here" }];
        sink.report(
          sunsetBeforeDeprecation(
            positions.value(own, "sunset"),
            { version, sunset: own.sunset!, deprecated: own.deprecated! },
            { related },
          ),
        );
      }
      const links: { rel: string; href: string }[] = [];
      if (own.deprecationInfo !== undefined) links.push({ rel: "deprecation", href: own.deprecationInfo });
      if (own.successor !== undefined) {
        const at = positions.value(own, "successor");
        if (!names.includes(own.successor)) {
          sink.report(successorUnknown(at, { successor: own.successor, api, suggestion: suggestion(own.successor, names) }));
        } else if (by !== "path") {
          sink.report(successorWithoutPath(at, { api, by }));
        } else {
          links.push({ rel: "successor-version", href: prefixOf(own.successor) });
        }
      }
      const lifecycle: LinkedOperation["lifecycle"] = [
        // RFC 9745 §2: a structured field date.
        ...(deprecated === undefined
          ? []
          : [{ name: "Deprecation", value: `@${deprecated}`, origin: positions.value(own, "deprecated") }]),
        // RFC 8594 §3: an HTTP date.
        ...(sunset === undefined
          ? []
          : [{ name: "Sunset", value: new Date(sunset * 1000).toUTCString(), origin: positions.value(own, "sunset") }]),
        ...links.map(({ rel, href }) => ({
          name: "Link",
          value: `<${href}>; rel="${rel}"`,
          origin: positions.value(own, rel === "deprecation" ? "deprecationInfo" : "successor"),
        })),
      ];
      const versionMatch: VersionMatch | undefined =
        by === "path" || by === "none"
          ? undefined
          : {
              by,
              name: by === "header" ? (versioning?.name ?? "").toLowerCase() : (versioning?.name ?? ""),
              value: version,
              isDefault,
            };
      return {
        ir: {
          kind: "apiVersion",
          api,
          version,
          spec: own.spec,
          versioning: { by, name: versioning?.name, prefix: prefixOf(version) },
          isDefault,
          deprecated,
          sunset,
          links,
          origin: positions.key(versions, version),
        },
        settings: own,
        hosts: (settings.hosts ?? []).map((host) => host.toLowerCase()),
        versionMatch,
        lifecycle,
      };
    });
  });
}

/** Puts path prefixes together with single slashes and without one at the end: "" for the root. */
export function joinPaths(...paths: readonly string[]): string {
  return paths
    .flatMap((path) => path.split("/"))
    .filter((segment) => segment !== "")
    .map((segment) => `/${segment}`)
    .join("");
}
