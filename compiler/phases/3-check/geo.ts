import type { GeoConfig } from "../../../runtime/geo/geo.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { geoVariables } from "../../expressions/index.ts";
import { placeOf } from "../../ir/config.ts";
import { emittedIn } from "../../ir/config-nodes.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import { allResources } from "../../ir/resource.ts";
import { create } from "../../resource/contract.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { unusedGeo } from "./messages.gen.ts";

/** What knows where clients are, for those databases that some expression reads; reports the others. */
export function geoInUse(
  ir: Omit<GatewayIr, "geo">,
  { file, positions }: LinkedGateway,
  sink: DiagnosticSink,
): Pick<GatewayIr, "geo"> {
  const { geo } = file;
  if (geo === undefined) return {};
  const read = databasesRead(ir);
  const origin = positions.key(file, "geo");
  const used = (name: "country" | "as"): GeoConfigIr | null => {
    const database = geo[name];
    if (database === undefined) return null;
    if (!read.has(name)) sink.report(unusedGeo(positions.key(geo, name), { name, variables: variablesOf(name) }));
    return read.has(name) ? { file: database.file, at: placeOf(positions.key(geo, name)) } : null;
  };
  const config = { country: used("country"), as: used("as") };
  if (config.country === null && config.as === null) return {};
  const summary = Object.entries(config)
    .flatMap(([name, database]) => (database === null ? [] : [`${name} by ${database.file}`]))
    .join(", ");
  return {
    geo: {
      kind: "resource",
      room: "geo",
      type: "geo",
      name: "geo",
      roles: ["living"],
      summary,
      origin,
      ...create<GeoConfig>("geo/geo", "createGeo", config),
    },
  };
}

type GeoConfigIr = { readonly file: string; readonly at: ReturnType<typeof placeOf> };

const variablesOf = (database: "country" | "as"): string =>
  Object.entries(geoVariables)
    .flatMap(([name, { of }]) => (of === database ? [`\`${name}\``] : []))
    .join(" or ");

function databasesRead(ir: Omit<GatewayIr, "geo">): ReadonlySet<string> {
  const found = new Set<string>();
  const expression = ({ reads }: ExpressionIr): void => {
    for (const name of reads.variables) {
      const database = geoVariables[name]?.of;
      if (database !== undefined) found.add(database);
    }
  };
  for (const { config, when } of [...ir.operations.flatMap(({ steps }) => steps), ...ir.unmatched]) {
    if (when !== undefined) expression(when);
    emittedIn(config, "expression").forEach(expression);
  }
  for (const { config } of allResources(ir)) emittedIn(config, "expression").forEach(expression);
  return found;
}
