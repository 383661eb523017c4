import type { Exchange } from "../../../exchange/exchange.ts";
import type { Json } from "../../../life/json.ts";
import type { Life } from "../../../life/life.ts";
import { Split, type SplitConfig } from "../index.ts";
import type { Refusal, Shares } from "../split-routes.ts";
import { callerOf } from "./callers.ts";
import { Marks } from "./marks.ts";
import type { RollOut } from "./roll-out.ts";

export interface RolledOutSplitConfig extends SplitConfig {
  readonly rollOut: RollOut;
}

export const createRolledOutSplit = (config: RolledOutSplitConfig): Split => new RolledOutSplit(config);

/** A split with one arm, whose share a roll-out decides. All of one experiment have the same roll-out. */
class RolledOutSplit extends Split {
  readonly #rollOut: RollOut;
  readonly #arm: string;
  /** Those of whom a user was counted since the share was last moved. */
  readonly #callers = new Marks();

  constructor(config: RolledOutSplitConfig) {
    super(config);
    this.#rollOut = config.rollOut;
    this.#arm = config.arms[0]!.service.name;
  }

  override start(life: Life): void {
    super.start(life);
    this.#rollOut.watch((share, isAnew) => {
      this.#callers.clear();
      if (isAnew) this.forgetUsers();
      this.follow({ [this.#arm]: share });
    });
  }

  override request(x: Exchange): void {
    super.request(x);
    const assignment = this.assignmentOf(x);
    if (assignment === undefined || assignment.isForced) return;
    assignment.run = this.#rollOut.run;
    assignment.upload = this.#rollOut.timeUpload(x);
  }

  /** The roll-out hands over what the share hangs on. */
  override handOver(): Json {
    return {};
  }

  override done(x: Exchange): void {
    super.done(x);
    const assignment = this.assignmentOf(x);
    if (assignment === undefined || assignment.isForced) return;
    const { arm, place, run = 0 } = assignment;
    const service = arm === 0 ? this.#arm : this.config.base;
    const waited = assignment.upload?.waited ?? 0;
    this.#rollOut.count({ x, service, isFresh: arm === 0, place, waited, run, hasWrongShares: this.hasWrongShares });
  }

  /** One that is as many users as it likes would crowd an arm. */
  protected override showsShares(x: Exchange): boolean {
    return !this.#rollOut.tellsCallers || !this.#callers.mark(callerOf(x));
  }

  protected override move(shares: Shares): Promise<Refusal | undefined> {
    return this.#rollOut.order({ do: "set", share: shares[this.#arm]! });
  }

  protected override told(): { readonly [key: string]: Json } {
    return { ...super.told(), ...this.#rollOut.told() };
  }
}
