import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { Origin } from "../../ir/origin.ts";
import { resourceRef, type StoreIr } from "../../ir/resource.ts";
import type { StoreUse, StoreWish } from "../../ir/store-use.ts";
import { resources } from "../../resources/registry.gen.ts";
import { list } from "../../text/words.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { lowerResource } from "./lower-resource.ts";
import { noDefaultStore, storeFailureNeeded, storeLacks, storeNeverFails, unknownStore, unusedStore } from "./messages.gen.ts";

/** Who asks for a store. */
export interface StoreUser {
  readonly policy: string;
  /** Place of the policy. */
  readonly origin: Origin;
  at(pointer: string): Origin;
  report(diagnostic: Diagnostic): void;
}

/** The stores of a gateway, and which of them policies use. */
export class Stores {
  readonly #linked: LinkedGateway;
  readonly #written: FilledGatewayFile["stores"];
  readonly #lowered = new Map<string, StoreIr>();
  readonly #used = new Set<string>();
  /** The one that a gateway has which says nothing of stores. */
  readonly #isImplicit: boolean;
  /** A policy wants one that is not there: which of those that are there would be used then is not known. */
  #isAmiss = false;

  constructor(linked: LinkedGateway, sink: DiagnosticSink) {
    this.#linked = linked;
    this.#written = linked.file.stores;
    this.#isImplicit = linked.written.stores === undefined;
    for (const [name, block] of Object.entries(this.#written)) {
      // The schema lets through one of the kinds that there are.
      const [type, options] = Object.entries(block)[0]!;
      const origin = linked.positions.key(this.#written, name);
      const store = lowerResource("stores", { name, type, options, origin, facts: {} }, linked, sink);
      const { gives, mayFail } = resources.stores[type]!;
      if (store !== undefined) this.#lowered.set(name, { ...store, gives, mayFail });
    }
  }

  /** Undefined where the policy cannot have it, which is reported, or where the store itself is wrong. */
  use({ store, needs, onFailure, below = "" }: StoreWish, user: StoreUser): StoreUse | undefined {
    const name = store ?? "default";
    const at = store === undefined ? user.origin : user.at(`${below}/store`);
    const names = Object.keys(this.#written);
    const found = this.#lowered.get(name);
    if (found === undefined) {
      this.#used.add(name);
      this.#isAmiss = true;
      if (Object.hasOwn(this.#written, name)) return undefined;
      if (store === undefined) user.report(noDefaultStore(at, { policy: user.policy, example: names[0]! }, this.#related()));
      else user.report(unknownStore(at, { name, suggestion: suggestion(name, names) }));
      return undefined;
    }
    this.#used.add(name);
    const related = this.#isImplicit ? {} : { related: [{ origin: found.origin, text: "the store" }] };
    const { type, mayFail, gives } = found;
    const lacking = needs.filter((gift) => !gives.includes(gift));
    if (lacking.length > 0) {
      const able = Object.values(resources.stores).filter((kind) => needs.every((gift) => kind.gives.includes(gift)));
      const help =
        able.length === 0
          ? "No kind of store gives it."
          : `Name a store of the kind ${list(
              able.map((kind) => `\`${kind.name}\``),
              "or",
            )}.`;
      user.report(storeLacks(at, { policy: user.policy, needed: list(lacking), store: name, type, help }, related));
      return undefined;
    }
    if (onFailure !== undefined && mayFail !== (onFailure.written !== undefined)) {
      const { policy } = user;
      const choices = list(
        onFailure.choices.map((choice) => `\`${choice}\``),
        "or",
      );
      if (mayFail) user.report(storeFailureNeeded(user.origin, { policy, store: name, choices }, related));
      else user.report(storeNeverFails(user.at(`${below}/onStoreFailure`), { policy, store: name, type }, related));
      return undefined;
    }
    const largestAnswer = resources.stores[type]!.largestAnswer?.(Object.values(this.#written[name]!)[0] as never);
    const use = { name, type, mayFail, ref: resourceRef("stores", name) };
    return largestAnswer === undefined ? use : { ...use, largestAnswer };
  }

  #related(): { readonly related: readonly { readonly origin: Origin; readonly text: string }[] } {
    return { related: [{ origin: this.#linked.positions.key(this.#linked.file, "stores"), text: "the stores" }] };
  }

  /** Those that policies use, sorted by name; reports the others. */
  inUse(sink: DiagnosticSink): readonly StoreIr[] {
    for (const name of this.#isAmiss || this.#isImplicit ? [] : Object.keys(this.#written)) {
      if (!this.#used.has(name) && this.#lowered.has(name))
        sink.report(unusedStore(this.#linked.positions.key(this.#written, name), { name }));
    }
    return [...this.#lowered.values()].filter(({ name }) => this.#used.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
