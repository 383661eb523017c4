/** How a call of the gateway's own may end without an answer. */
export type FailureKind =
  /** Its URL cannot be called, or leads where calls may not go. */
  | "url"
  | "forbidden"
  /** Nobody knows the name of the host. */
  | "name"
  | "connect"
  | "connectTimeout"
  /** The proxy did not open a way to the host. */
  | "proxy"
  /** No secure connection: the certificate, above all. */
  | "tls"
  | "headTimeout"
  /** Past the deadline of the whole call, with all of its attempts. */
  | "wholeTimeout"
  /** The connection ended before the answer was whole. */
  | "broken"
  /** What came is not an answer of HTTP, or is one in a coding that was not asked for. */
  | "protocol"
  | "tooLarge"
  /** It was sent elsewhere, further than it may go. */
  | "redirect"
  /** An answer came, and it is not a success. */
  | "status"
  /** Too many calls are in flight. */
  | "overloaded"
  /** Whoever asked does not want to know any more. */
  | "aborted";

/** Whether the same call may fare better a moment later. */
const passing: Readonly<Record<FailureKind, boolean>> = {
  url: false,
  forbidden: false,
  name: true,
  connect: true,
  connectTimeout: true,
  proxy: true,
  tls: false,
  headTimeout: true,
  wholeTimeout: false,
  broken: true,
  protocol: false,
  tooLarge: false,
  redirect: false,
  status: false,
  overloaded: false,
  aborted: false,
};

/**
 * A call of the gateway's own failed. The message is a sentence for operators, without a dot at its end: whom it called,
 * what happened, what to look at. It holds no credential: neither user and password nor the query of a URL.
 */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly kind: FailureKind;
  /** Of an answer: milliseconds after which whoever gave it wants to be asked again. */
  declare readonly retryAfterMs?: number;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }

  get isPassing(): boolean {
    return passing[this.kind];
  }
}

/** A URL as logs may have it. */
export const shownUrl = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;
