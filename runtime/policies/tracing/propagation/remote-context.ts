/** What a request says of the trace that it is a part of. */
export interface RemoteContext {
  /** 32 hexadecimal digits, lower case; empty where the caller only decided whether to sample. */
  readonly traceId: string;
  /** 16 hexadecimal digits, lower case; empty where `traceId` is. */
  readonly spanId: string;
  /** It came with 64 bits: whoever speaks that format gets it back as it came. */
  readonly isShort: boolean;
  /** `debug`: sampled, whatever rates say. `open`: the caller left it to others. */
  readonly decision: "sampled" | "unsampled" | "debug" | "open";
  /** The caller says that the trace id is random (Trace Context level 2, flag 2). */
  readonly isRandom: boolean;
}

export const decided = (isSampled: boolean): RemoteContext["decision"] => (isSampled ? "sampled" : "unsampled");
