import type { Endpoint } from "../endpoint.ts";

export interface PanicConfig {
  /** Share of the endpoints that can be used below which all are, whatever is said of them, from 0 to 1; 0: only where none can. */
  readonly below: number;
  /** Nothing is sent to endpoints that are said not to work; whoever comes is refused where there are no others. */
  readonly refuses: boolean;
}

/** Share beyond the bound at which panic ends, so that it does not begin again with the next change. */
const calm = 0.1;

/** Decides whether endpoints that are said not to work get requests, as there are too few others. */
export class Panic {
  readonly #config: PanicConfig;
  isOn = false;

  constructor(config: PanicConfig = { below: 0, refuses: false }) {
    this.#config = config;
  }

  /** Those that may be chosen of `staying`, of which `usable` work. */
  chosen(usable: readonly Endpoint[], staying: readonly Endpoint[]): readonly Endpoint[] {
    const share = staying.length === 0 ? 1 : usable.length / staying.length;
    const { below, refuses } = this.#config;
    this.isOn = !refuses && (share === 0 || share < below + (this.isOn ? calm : 0)) && share < 1;
    return this.isOn ? staying : usable;
  }
}
