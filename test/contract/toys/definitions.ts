import type { PolicyDefinition } from "../../../compiler/policy/contract.ts";
import { call, definePolicy } from "../../../compiler/policy/contract.ts";
import { create, defineResource } from "../../../compiler/resource/contract.ts";
import type * as Resources from "../../../compiler/resources/registry.gen.ts";
import type * as Schemas from "../../../schema/schemas.gen.ts";

interface ToyStoreOptions {
  readonly size: number;
}

const toyStore = defineResource<ToyStoreOptions, "stores">({
  room: "stores",
  name: "toy",
  gives: ["counters"],
  mayFail: true,
  lower: ({ size }, { name }) => ({
    ...create<{ readonly name: string; readonly size: number }>("stores/toy/toy-store", "createToyStore", { name, size }),
    roles: ["living"],
    summary: `of ${size}`,
  }),
});

interface ToyOptions {
  readonly store?: string;
  readonly onStoreFailure?: string;
  readonly needs: "counters" | "messages";
}

interface ToyConfig {
  readonly store: { readonly __resource: "stores" };
}

const toy = definePolicy<ToyOptions>({
  name: "toy",
  stages: ["admit"],
  onFailure: "closed",
  lower({ store, onStoreFailure, needs }, context) {
    const onFailure = { written: onStoreFailure, choices: ["refuse"] };
    const use = context.store({ store, needs: [needs], onFailure });
    if (use === undefined) return { kind: "nothing" };
    const facts = { hooks: ["request"], roles: ["living", "adminRoutes"], summary: `in ${use.name}` } as const;
    return call<ToyConfig>("policies/toy", "createToy", { store: use.ref }, facts);
  },
});

export const toyResources = ({ resources }: typeof Resources): typeof Resources => ({
  resources: { ...resources, stores: { ...resources.stores, toy: toyStore } },
});

export const toyPolicies = <Registry extends { readonly policies: Readonly<Record<string, PolicyDefinition<never>>> }>(
  registry: Registry,
): Registry => ({ ...registry, policies: { ...registry.policies, toy } });

export function toySchemas({ schemas }: typeof Schemas): typeof Schemas {
  const stores = schemas["resources/stores"]!;
  const policies = schemas.policies!;
  const options: Schemas.JsonSchema = {
    title: "ToyOptions",
    type: "object",
    additionalProperties: false,
    properties: {
      store: { type: "string" },
      onStoreFailure: { enum: ["refuse"] },
      needs: { enum: ["counters", "messages"], default: "counters" },
    },
  };
  return {
    schemas: {
      ...schemas,
      "resources/stores/toy": {
        title: "ToyStoreOptions",
        type: "object",
        additionalProperties: false,
        properties: { size: { type: "integer", default: 7 } },
      },
      "resources/stores": { ...stores, properties: { ...stores.properties, toy: { $ref: "stores/toy.json" } } },
      "policies/toy": options,
      policies: { ...policies, properties: { ...policies.properties, toy: options } },
    },
  };
}
