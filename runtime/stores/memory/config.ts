/** What `stores.NAME.memory` becomes. */
export interface MemoryStoreConfig {
  /** As in `stores`: `default`. */
  readonly name: string;
  /** Most bytes of values that are kept, all keys together. Counters are bounded by `maxKeys` of each limit. */
  readonly maxBytes: number;
}
