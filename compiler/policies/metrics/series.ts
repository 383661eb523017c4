import type { MetricsConfig } from "../../../runtime/policies/metrics/index.ts";
import type { OwnMetricsConfig } from "../../../runtime/policies/metrics/own-metrics.ts";
import type { Lowered, MakeIr } from "../../ir/config.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { PlacedStep, SeriesBound } from "../../policy/contract.ts";
import { seriesOfOwn } from "./own.ts";

/** As the run-time library counts: pairs of method and status, and kinds of errors. */
const codes = 32;
const errors = 7;
/** In flight, and bytes in both directions. */
const single = 3;
/** Who refuses beside policies: the gateway itself, what counts credentials, a fallback. */
const ownRefusers = 4;
/** What can come of an attempt. */
const outcomes = 12;
/** Connections of an endpoint, active and idle. */
const poolStates = 2;

/** Most series of requests: whatever clients and services send, there are no more. */
export function seriesBounds(
  steps: readonly PlacedStep[],
  { services, unmatched }: Pick<GatewayIr, "services" | "unmatched">,
): readonly SeriesBound[] {
  const [first] = steps;
  if (first === undefined) return [];
  // What `lower` made; all steps have the same.
  const { buckets, own } = first.step.config as unknown as Lowered<MetricsConfig>;
  const histogram = buckets.length + 3;
  const ofOperation = ({ operation }: PlacedStep): number => {
    const policies = new Set((operation?.steps ?? unmatched).map(({ policy }) => policy)).size;
    return codes + errors + histogram + single + policies + ownRefusers + policies;
  };
  const ofServices = services.map(({ endpoints }) => outcomes + histogram + endpoints.length * poolStates);
  const bounds = [
    { about: "operations", most: sum(steps.map(ofOperation)) },
    { about: "services", most: sum(ofServices) },
    // The config of what is made is the one that `lower` gave it.
    {
      about: "own metrics",
      most: own === null ? 0 : seriesOfOwn((own as MakeIr).config as unknown as Lowered<OwnMetricsConfig>),
    },
  ];
  return bounds.filter(({ most }) => most > 0);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
