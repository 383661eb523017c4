import { Expiry } from "../../files/expiry.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import { label } from "../../metrics/label.ts";
import type { Trust } from "./trust.ts";

const lookMs = 60_000;

/** Part of its time after which it is late that a list was not replaced. */
const lateAt = 0.75;

/** Tells when authorities and lists of revoked certificates end, before certificates of clients are refused for it. */
export class TrustExpiry {
  readonly #trust: () => Trust;
  readonly #authorities: Expiry;
  /** By end of the list: what was said of it. */
  readonly #said = new WeakMap<object, string>();

  constructor(trust: () => Trust) {
    this.#trust = trust;
    this.#authorities = new Expiry(() =>
      trust().authorities.map((leaf) => ({ from: `authority for clients ${leaf.subject.replaceAll("\n", ",")}`, leaf })),
    );
  }

  /** In one process of the group. */
  watch(tenure: Life): void {
    this.#authorities.watch(tenure);
    tenure.every(lookMs, () => {
      const now = clock.wall();
      for (const { list, from } of this.#trust().lists) {
        const state =
          now >= list.nextUpdate ? "over" : now >= list.thisUpdate + (list.nextUpdate - list.thisUpdate) * lateAt ? "late" : "";
        if (state === "" || this.#said.get(list) === state) continue;
        this.#said.set(list, state);
        const fields = {
          list: from,
          issuer: list.issuer.text,
          nextUpdate: new Date(list.nextUpdate).toISOString(),
          remedy: "replace it",
        };
        if (state === "late") tenure.log.write("warning", "list of revoked certificates ends soon", fields);
        else tenure.log.write("error", "list of revoked certificates has ended: certificates of its issuer are refused", fields);
      }
    });
  }

  state(): Json {
    return {
      authorities: this.#authorities.state(),
      lists: this.#trust().lists.map(({ list, from }) => ({
        from,
        issuer: list.issuer.text,
        entries: list.revoked.size,
        nextUpdate: new Date(list.nextUpdate).toISOString(),
      })),
    };
  }

  /** `refused`: how often, by reason. */
  metrics(refused: ReadonlyMap<string, number>): readonly MetricFamily[] {
    const now = clock.wall();
    const [authorities] = this.#authorities.metrics();
    return [
      {
        ...authorities!,
        name: "gatewright_client_authority_expiry_days",
        help: "Days until an authority that vouches for clients expires; negative behind that.",
      },
      {
        name: "gatewright_revocation_list_expiry_days",
        help: "Days until a list of revoked certificates is outdated; behind that, certificates of its issuer are refused.",
        type: "gauge",
        samples: this.#trust().lists.map(({ list, from }) => ({
          labels: `${label("list", from)},${label("issuer", list.issuer.text)}`,
          value: Math.round(((list.nextUpdate - now) / 86_400_000) * 1_000) / 1_000,
        })),
        isInfo: true,
      },
      {
        name: "gatewright_client_certificates_refused_total",
        help: "Certificates of clients that did not count, by reason.",
        type: "counter",
        samples: [...refused].map(([reason, value]) => ({ labels: label("reason", reason), value })),
      },
    ];
  }
}
