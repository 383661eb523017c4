import type { StartValueIr } from "../../ir/config.ts";
import type { ForwardIr, OperationIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { ResourceIr, Room } from "../../ir/resource.ts";
import type { Role } from "../../ir/role.ts";
import type { StepIr } from "../../ir/step.ts";
import type { RouteTreePlan } from "./route-tree.ts";

/** What will be in the bundle and what it is called there. Names are identifiers, unique where they meet. */
export interface Plan {
  /** What the gateway reads when it starts, sorted by name. */
  readonly environment: readonly EnvironmentPlan[];
  /** Of each room those that something uses, who is needed before who needs it. */
  readonly resources: { readonly [In in Room]: readonly ResourcePlan[] };
  /** Constants that several modules use. */
  readonly shared: readonly ConstantPlan[];
  readonly modules: readonly ModulePlan[];
  readonly unmatched: ModulePlan;
  readonly routes: RouteTreePlan;
  /** What the gateway itself is given, by what it is to the gateway; in the order of who needs whom. */
  readonly handed: Readonly<Record<Role, readonly HandedPlan[]>>;
}

/** A constant of an emitted module. */
export interface HandedPlan {
  /** `policies.js`. */
  readonly path: string;
  readonly name: string;
}

export interface EnvironmentPlan {
  /** Property of the environment object. */
  readonly name: string;
  readonly value: StartValueIr;
}

export interface ResourcePlan {
  readonly name: string;
  readonly resource: ResourceIr;
}

/** One call of a policy's factory: every step that means the same instance calls hooks of this constant. */
export interface ConstantPlan {
  readonly name: string;
  /** The first of the steps; they differ in their places only. */
  readonly step: StepIr;
  /** Every place that asked for it, each once. */
  readonly origins: readonly Origin[];
  /** Numbers for the slots of the config, in the order in which they stand there. */
  readonly slots: readonly number[];
}

export interface ForwardPlan {
  readonly name: string;
  readonly service: ResourcePlan;
  readonly forward: ForwardIr;
}

export interface CallPlan {
  readonly step: StepIr;
  readonly constant: ConstantPlan;
}

export interface OperationPlan {
  readonly name: string;
  readonly index: number;
  /** Undefined for the chain of requests that match no operation. */
  readonly operation: OperationIr | undefined;
  /** In chain order. */
  readonly calls: readonly CallPlan[];
  readonly forward: ForwardPlan | undefined;
}

/** The operations of one API version. */
export interface ModulePlan {
  /** `operations/orders-v1.js`. */
  readonly path: string;
  /** What the router calls the module: `ordersV1Operations`. */
  readonly namespace: string;
  /** Constants that only this module uses. */
  readonly constants: readonly ConstantPlan[];
  readonly forwards: readonly ForwardPlan[];
  readonly operations: readonly OperationPlan[];
}
