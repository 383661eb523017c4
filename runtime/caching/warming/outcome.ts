/** What becomes of a URL that is warmed. */
export const warmOutcomes: readonly WarmOutcome[] = ["stored", "fresh", "joined", "unkept", "apart", "failed"];

export type WarmOutcome =
  /** Its answer was fetched, and is kept. */
  | "stored"
  /** An answer that is fresh was kept already. */
  | "fresh"
  /** A client's request for it is under way. */
  | "joined"
  /** The service answered, and its answer may not be kept. */
  | "unkept"
  /** Clients ask for it with something in the key that the gateway would have to make up: nothing was fetched. */
  | "apart"
  /** The service could not be asked, or answered with 5xx. */
  | "failed"
  /** It is to be fetched, and not yet. */
  | "later";
