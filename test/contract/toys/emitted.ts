import type { EmittedIr } from "../../../compiler/ir/emitted.ts";
import type * as Printing from "../../../compiler/phases/5-emit/printers.ts";
import { call, definePolicy, type PolicyDefinition } from "../../../compiler/policy/contract.ts";
import { jsString } from "../../../compiler/text/js.ts";
import { JsExpression } from "../../../compiler/text/js-value.ts";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import type { HeadersConfig } from "../../../runtime/policies/headers/index.ts";
import type * as Schemas from "../../../schema/schemas.gen.ts";
import type * as Making from "../../reference/makers.ts";

/** Code of a kind of its own, in a policy that has it in its config. */
interface Greeting {
  readonly word: string;
}

// What `EmittedData` would know is known to this test alone.
const greetingOf = (data: Greeting) => ({ kind: "emitted", by: "greeting", data }) as unknown as EmittedIr<"expression">;

const greet = definePolicy<Greeting>({
  name: "greet",
  stages: ["transform"],
  onFailure: "closed",
  lower: ({ word }) =>
    call<HeadersConfig>(
      "policies/headers",
      "createHeaders",
      {
        request: null,
        response: { rename: [], remove: [], set: [{ name: "X-Greeting", value: greetingOf({ word }) }], add: [] },
      },
      { hooks: ["response"], summary: word },
    ),
});

export const greetPolicies = <Registry extends { readonly policies: Readonly<Record<string, PolicyDefinition<never>>> }>(
  registry: Registry,
): Registry => ({ ...registry, policies: { ...registry.policies, greet } });

/** The first of the two rows. */
export const greetPrinters = (original: typeof Printing): typeof Printing => ({
  ...original,
  createPrinters: (printing) => ({
    ...original.createPrinters(printing),
    greeting: {
      print: ({ word }: Greeting): JsExpression => new JsExpression(`(x) => ${jsString(`${word} `)} + x.method`),
    },
  }),
});

/** The second. */
export const greetMakers = (original: typeof Making): typeof Making => {
  const greeting =
    ({ word }: Greeting) =>
    (x: Exchange) =>
      `${word} ${x.method}`;
  // The tables' own functions look into the table, which is one object.
  Object.assign(original.makers, { greeting });
  return original;
};

export const greetSchemas = ({ schemas }: typeof Schemas): typeof Schemas => {
  const options: Schemas.JsonSchema = {
    title: "GreetOptions",
    type: "object",
    additionalProperties: false,
    required: ["word"],
    properties: { word: { type: "string" } },
  };
  const policies = schemas.policies!;
  return {
    schemas: {
      ...schemas,
      "policies/greet": options,
      policies: { ...policies, properties: { ...policies.properties, greet: options } },
    },
  };
};
