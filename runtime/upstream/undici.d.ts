/** The part of undici 7 that the gateway uses, by the path that links smallest. Undici ships no types for it. */
declare module "undici/lib/dispatcher/pool.js" {
  interface PoolOptions {
    readonly connections?: number | null;
    readonly pipelining?: number;
    /** Milliseconds. */
    readonly connectTimeout?: number;
    readonly bodyTimeout?: number;
    readonly keepAliveTimeout?: number;
    readonly maxHeaderSize?: number;
    readonly allowH2?: boolean;
    readonly autoSelectFamily?: boolean;
  }

  interface DispatchOptions {
    readonly path: string;
    readonly method: string;
    /** Name and value alternating. */
    readonly headers: readonly string[];
    readonly body: unknown;
    /** Milliseconds until the head of the answer. */
    readonly headersTimeout: number;
  }

  /** The raw callbacks: nothing is parsed or copied for them. */
  interface RawHandler {
    onConnect(abort: (error?: Error) => void): void;
    /** Name and value alternating. False pauses the body until `resume`. */
    onHeaders(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean;
    onData(chunk: Buffer): boolean;
    onComplete(trailers: readonly Buffer[]): void;
    onError(error: Error): void;
  }

  export default class Pool {
    constructor(origin: string, options: PoolOptions);
    dispatch(options: DispatchOptions, handler: RawHandler): boolean;
    close(): Promise<void>;
    destroy(error?: Error | null): Promise<void>;
  }
  export type { DispatchOptions, PoolOptions, RawHandler };
}
