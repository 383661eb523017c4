/** One emitted module. */
export interface EmittedModule {
  /** `operations/orders-v1.js`. */
  readonly path: string;
  readonly text: string;
  /** Source map as JSON; its sources are the user's files, relative to the folder of `gateway.yaml`. */
  readonly map: string;
}

/** By path, sorted. `main.js` is the entry. */
export type Modules = ReadonlyMap<string, EmittedModule>;
