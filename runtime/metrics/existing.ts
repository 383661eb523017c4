import type { BuildItem, MetricFamily } from "../gateway/metrics.ts";

/** Labels of operations and services that a build has. */
interface Build {
  readonly labels: Set<string>;
  isWhole: boolean;
}

/**
 * What the builds have that workers run. Series of an operation or a service that none of them has any more end, as a series
 * does of a target that is gone; those of all others go on, whichever workers come and go.
 */
export class Existing {
  /** By the digest of their inputs. */
  readonly #builds = new Map<string, Build>();

  /** Builds of which all is known: a worker need not say it again. */
  get known(): string[] {
    return [...this.#builds].flatMap(([digest, { isWhole }]) => (isWhole ? [digest] : []));
  }

  take({ build, existing, isLast }: BuildItem): void {
    let known = this.#builds.get(build);
    if (known === undefined && existing.length === 0) return;
    if (known === undefined) this.#builds.set(build, (known = { labels: new Set(), isWhole: false }));
    for (const labels of existing) known.labels.add(labels);
    if (isLast) known.isWhole = true;
  }

  /** Families without what none of the running builds has; as they are where one of these has not said yet what it has. */
  among(families: readonly MetricFamily[], running: readonly (string | undefined)[]): readonly MetricFamily[] {
    const builds = running.map((digest) => (digest === undefined ? undefined : this.#builds.get(digest)));
    if (builds.length === 0 || builds.some((build) => build?.isWhole !== true)) return families;
    for (const digest of this.#builds.keys()) if (!running.includes(digest)) this.#builds.delete(digest);
    const exists = (name: string, labels: string): boolean => {
      const of = ownerOf(name, labels);
      return of === undefined || builds.some((build) => build?.labels.has(of));
    };
    return families.map((family) => ({
      ...family,
      samples: family.samples.filter(({ labels }) => exists(family.name, labels)),
      ...(family.histograms && { histograms: family.histograms.filter(({ labels }) => exists(family.name, labels)) }),
    }));
  }
}

/** Families of which each series begins with its service. */
const ofServices = /^gatewright_(?:upstream|service)_/;

/** Labels of the operation or the service that a series is of; undefined where it is of something else. */
function ownerOf(name: string, labels: string): string | undefined {
  if (ofServices.test(name)) return /^service="(?:[^"\\]|\\.)*"/.exec(labels)?.[0];
  return /^operation="(?:[^"\\]|\\.)*",api="(?:[^"\\]|\\.)*",version="(?:[^"\\]|\\.)*",service="(?:[^"\\]|\\.)*"/.exec(
    labels,
  )?.[0];
}
