import type { X509Certificate } from "node:crypto";
import type { MetricFamily } from "../gateway/metrics.ts";
import { clock } from "../life/clock.ts";
import type { Json } from "../life/json.ts";
import type { Life } from "../life/life.ts";
import { label } from "../metrics/label.ts";

/** A certificate that the gateway shows. */
export interface Shown {
  /** Where it is from: `gateway.yaml:6 file tls.pem`. */
  readonly from: string;
  readonly leaf: X509Certificate;
}

const dayMs = 86_400_000;
const lookMs = 3_600_000;

/** Days before the end, at each of which a line says so. */
const warnedAt = [14, 7, 1, 0] as const;

/** Days until a certificate ends, negative behind that. */
export const daysLeft = ({ validTo }: Pick<X509Certificate, "validTo">): number => (Date.parse(validTo) - clock.wall()) / dayMs;

/** Tells when certificates end: as metrics, as state, and in lines before it is too late. */
export class Expiry {
  readonly #shown: () => readonly Shown[];
  /** By certificate: the last mark that a line was written at. */
  readonly #warned = new WeakMap<X509Certificate, number>();

  /** @param shown those that are shown at the moment */
  constructor(shown: () => readonly Shown[]) {
    this.#shown = shown;
  }

  /** In one process of the group. */
  watch(tenure: Life): void {
    tenure.every(lookMs, () => {
      for (const { from, leaf } of this.#shown()) this.#look(from, leaf, tenure);
    });
  }

  #look(from: string, leaf: X509Certificate, { log }: Life): void {
    const days = daysLeft(leaf);
    const mark = warnedAt.findLast((at) => days <= at);
    if (mark === undefined || mark === this.#warned.get(leaf)) return;
    this.#warned.set(leaf, mark);
    const fields = { certificate: from, validTo: leaf.validTo, days: Math.floor(days) };
    if (days <= 0) log.write("error", "certificate has expired", { ...fields, remedy: "replace it" });
    else log.write("warning", "certificate expires soon", { ...fields, remedy: "replace it before that" });
  }

  state(): Json {
    return this.#shown().map(({ from, leaf }) => ({ from, validTo: new Date(Date.parse(leaf.validTo)).toISOString() }));
  }

  metrics(): readonly MetricFamily[] {
    return [
      {
        name: "gatewright_certificate_expiry_days",
        help: "Days until a certificate that the gateway shows expires; negative behind that.",
        type: "gauge",
        samples: this.#shown().map(({ from, leaf }) => ({
          labels: label("certificate", from),
          value: Math.round(daysLeft(leaf) * 1_000) / 1_000,
        })),
        isInfo: true,
      },
    ];
  }
}
