import { definitionName } from "./registry.ts";

/** Files of a new policy by path. The sample adds one field to every answer. */
export function sampleFiles(folder: string, name: string): Readonly<Record<string, string>> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  const field = `X-${folder
    .split("-")
    .map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`)
    .join("-")}`;
  return {
    [`schema/policies/${folder}.json`]: `${JSON.stringify(schema(type, field), null, 2)}\n`,
    [`compiler/policies/${folder}/index.ts`]: definition(folder, name, type, field),
    [`compiler/policies/${folder}/messages.md`]: messages(name),
    [`compiler/policies/${folder}/README.md`]: documentation(name, field),
    [`runtime/policies/${folder}/index.ts`]: factory(type, field),
    [`test/policies/${folder}/answers/gateway.yaml`]: gateway(name),
    [`test/policies/${folder}/answers/openapi.yaml`]: spec,
    [`test/policies/${folder}/answers/http/answers.http`]: requests(field),
  };
}

const schema = (type: string, field: string): object => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  title: `${type}Options`,
  description: `Adds the field \`${field}\` to every answer.`,
  type: "object",
  additionalProperties: false,
  properties: {
    value: { description: "Value of the field.", type: "string", default: "yes" },
  },
});

const definition = (
  folder: string,
  name: string,
  type: string,
  field: string,
): string => `import type { ${type}Config } from "../../../runtime/policies/${folder}/index.ts";
import type { ${type}Options } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { blankValue } from "./messages.gen.ts";

export const ${definitionName(folder)} = definePolicy<${type}Options>({
  name: "${name}",
  stages: ["transform"],
  onFailure: "closed",

  check(options, context) {
    if (options.value.trim() === "") context.report(blankValue(context.at("/value")));
  },

  lower(options) {
    const config = { value: options.value };
    return call<${type}Config>("policies/${folder}", "create${type}", config, {
      hooks: ["response"],
      summary: \`${field}: \${options.value}\`,
    });
  },
});
`;

const messages = (name: string): string => `# ${name}

## blank-value

error: \`value\` is blank.
label: nothing to send
why: A field without a value tells the client nothing, and looks as if it did.
help: Write a value, or remove the option for the default.

\`\`\`yaml bad policies.yaml
all:
  ${name}: { value: " " }
\`\`\`

\`\`\`yaml good policies.yaml
all:
  ${name}: { value: tested }
\`\`\`
`;

const documentation = (name: string, field: string): string => `# ${name}

Adds the field \`${field}\` to every answer, whoever made it.

\`\`\`yaml
all:
  ${name}: { value: tested }
\`\`\`

<!-- options -->
<!-- /options -->
`;

const factory = (type: string, field: string): string => `import type { Exchange } from "../../exchange/exchange.ts";

export interface ${type}Config {
  readonly value: string;
}

export const create${type} = (config: ${type}Config): ${type} => new ${type}(config);

class ${type} {
  readonly #value: string;

  constructor(config: ${type}Config) {
    this.#value = config.value;
  }

  response(x: Exchange): void {
    x.answer!.headers.set("${field}", this.#value);
  }
}
`;

const gateway = (name: string): string => `gateway: sample
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
apis:
  things: { versions: { v1: { spec: openapi.yaml } }, service: backend }
policies:
  public: sample
  ${name}: { value: tested }
`;

const spec = `openapi: 3.1.0
info: { title: Sample, version: "1" }
paths:
  /things:
    get: { operationId: listThings, responses: { "200": { description: ok } } }
`;

const requests = (field: string): string => `### an answer of the service carries the field
GET /things

--- answer
200
${field}: tested
`;
