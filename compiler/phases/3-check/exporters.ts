import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { ExporterUse, ExporterWish } from "../../ir/exporter-use.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import { type ExporterIr, resourceRef, type Signal, signals } from "../../ir/resource.ts";
import { packageVersion } from "../../package-root.ts";
import { resources } from "../../resources/registry.gen.ts";
import { list } from "../../text/words.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { lowerResource } from "./lower-resource.ts";
import { exporterLacks, severalExporters, unknownExporter, unusedExporter } from "./messages.gen.ts";
import type { StoreUser } from "./stores.ts";

/** The exporters of a gateway, and what policies give to each. They are lowered last, when that is known. */
export class Exporters {
  readonly #linked: LinkedGateway;
  readonly #written: FilledGatewayFile["exporters"];
  readonly #used = new Map<string, Set<Signal>>();
  /** The one that a gateway has which says nothing of exporters. */
  readonly #isImplicit: boolean;
  /** A policy wants one that is not there: which of those that are there would be used then is not known. */
  #isAmiss = false;

  constructor(linked: LinkedGateway) {
    this.#linked = linked;
    this.#written = linked.file.exporters;
    this.#isImplicit = linked.written.exporters === undefined;
  }

  /** Undefined where the policy cannot have it, which is reported. */
  use({ exporter, signal, below = "" }: ExporterWish, user: StoreUser): ExporterUse | undefined {
    const names = Object.keys(this.#written);
    const name = exporter ?? (names.length === 1 ? names[0]! : "default");
    const at = exporter === undefined ? user.origin : user.at(`${below}/exporter`);
    if (!Object.hasOwn(this.#written, name)) {
      this.#isAmiss = true;
      const related = {
        related: [{ origin: this.#linked.positions.key(this.#linked.file, "exporters"), text: "the exporters" }],
      };
      if (exporter === undefined) user.report(severalExporters(at, { policy: user.policy, example: names[0]! }, related));
      else user.report(unknownExporter(at, { name, suggestion: suggestion(name, names) }));
      return undefined;
    }
    const [type] = Object.entries(this.#written[name]!)[0]!;
    if (!resources.exporters[type]!.takes.includes(signal)) {
      const able = Object.values(resources.exporters).filter(({ takes }) => takes.includes(signal));
      const kinds = list(
        able.map((kind) => `\`${kind.name}\``),
        "or",
      );
      user.report(exporterLacks(at, { policy: user.policy, signal, exporter: name, type, kinds }));
      return undefined;
    }
    this.#used.set(name, (this.#used.get(name) ?? new Set()).add(signal));
    return { name, type, ref: resourceRef("exporters", name) };
  }

  /** Those that policies use, sorted by name; reports the others. */
  inUse(sink: DiagnosticSink): Pick<GatewayIr, "exporters"> {
    const inUse: ExporterIr[] = [];
    for (const [name, block] of Object.entries(this.#written)) {
      const used = this.#used.get(name);
      if (used === undefined && this.#isImplicit) continue;
      // The schema lets through one of the kinds that there are.
      const [type, options] = Object.entries(block)[0]!;
      const origin = this.#linked.positions.key(this.#written, name);
      const given = signals.filter((signal) => used?.has(signal) === true);
      const facts = { signals: given, version: packageVersion() };
      const lowered = lowerResource("exporters", { name, type, options, origin, facts }, this.#linked, sink);
      if (lowered === undefined) continue;
      if (used !== undefined) inUse.push({ ...lowered, signals: given });
      else if (!this.#isAmiss) sink.report(unusedExporter(origin, { name }));
    }
    return inUse.length === 0 ? {} : { exporters: inUse.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }
}
