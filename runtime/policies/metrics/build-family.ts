import type { BuildInfo } from "../../gateway/build-info.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";

/** Which build serves; while a new one takes over, there are two. */
export const buildFamily = ({ version, digest, compatibility }: BuildInfo): MetricFamily => ({
  name: "gatewright_build_info",
  help: "Which gatewright built the gateway, from which inputs, and its compatibility date.",
  type: "gauge",
  isInfo: true,
  samples: [
    {
      labels: `${label("version", version)},${label("digest", digest)},${label("compatibility", compatibility)}`,
      value: 1,
    },
  ],
});
