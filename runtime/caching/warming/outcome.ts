/** What becomes of a URL that is warmed. */
export const warmOutcomes = ["stored", "fresh", "joined", "unkept", "failed"] as const;

export type WarmOutcome =
  /** Its answer was fetched, and is kept. */
  | "stored"
  /** An answer that is fresh was kept already. */
  | "fresh"
  /** A client's request for it is under way. */
  | "joined"
  /** The service answered, and its answer may not be kept. */
  | "unkept"
  /** The service could not be asked, or answered with 5xx. */
  | "failed";
