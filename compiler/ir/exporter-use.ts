import type { ResourceRefIr, Signal } from "./resource.ts";

/** What a policy wants to have sent away. */
export interface ExporterWish {
  /** Value of the option `exporter`. */
  readonly exporter: string | undefined;
  readonly signal: Signal;
  /** JSON pointer of the option that has it, where that is not the policy itself: `/push`. */
  readonly below?: string;
}

/** An exporter as a policy uses it: `ref` stands for the run-time constant in its config. */
export interface ExporterUse {
  readonly name: string;
  /** Its kind: `otlp`. */
  readonly type: string;
  readonly ref: ResourceRefIr<"exporters">;
}
