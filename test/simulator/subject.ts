/** A request of a scenario. */
export interface SimulatedRequest {
  readonly method: string;
  readonly path: string;
}

/** What became of one. */
export interface Outcome {
  /** `broken`: the answer ended in the middle. */
  readonly status: number | "broken";
  /** Indices of the endpoints that it was sent to, or should have been, in order. */
  readonly endpoints: readonly number[];
  /** Index of the gateway that had it, where there are several. */
  readonly gateway?: number;
}

/** What stands between clients and endpoints. */
export interface Subject {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Calls `over` once. The result takes the client away. */
  ask(request: SimulatedRequest, over: (outcome: Outcome) => void): () => void;
}
