import { posix } from "node:path";
import { count } from "../text/words.ts";
import { environmentName, type Proposal, type ProposedVersion } from "./propose.ts";

/** Text of a first `gateway.yaml`. */
export function gatewayYaml({ name, apis, schemes }: Proposal, today: string): string {
  const keyed = schemes.filter((scheme) => scheme.type === "apiKey");
  const others = schemes.filter((scheme) => scheme.type !== "apiKey");
  const lines = [
    `gateway: ${name}`,
    `compatibility: ${today} # run-time behaviour as of this date; newer defaults are opt-in`,
    "",
    "listeners:",
    "  public: { port: 8080 }",
    "  admin: { host: 127.0.0.1, port: 9090 } # /healthz, /readyz, /metrics",
    "",
    "apis:",
  ];
  for (const api of apis) {
    lines.push(`  ${api.name}:`);
    if (api.basePath !== "") lines.push(`    basePath: ${api.basePath}`);
    if (api.versions.length > 1) lines.push('    versioning: { by: path, prefix: "/{version}" }');
    lines.push("    versions:");
    for (const version of api.versions) {
      lines.push(`      ${scalar(version.name)}:`);
      lines.push(`        spec: ${scalar(version.spec.file)}`);
      lines.push(`        policies: ${scalar(version.policyFile)}`);
      lines.push(`        service: ${version.service}`);
    }
  }
  lines.push("", "services:");
  const services = new Map(apis.flatMap((api) => api.versions.map((version) => [version.service, version.endpoint] as const)));
  for (const [service, endpoint] of services) lines.push(`  ${service}:`, `    endpoints: [${scalar(endpoint)}]`);
  if (keyed.length > 0) {
    lines.push("", "identity:", "  schemes:");
    for (const { name: scheme, roles } of keyed) {
      lines.push(
        `    ${scalar(scheme)}:`,
        "      apiKey:",
        "        keys: # one entry for each consumer; keys are read when the gateway starts",
      );
      lines.push(`          first: { key: { env: ${environmentName(scheme)} } }`);
      if (roles.length > 0)
        lines.push(
          `          # operations ask for the roles ${roles.map(comment).join(", ")}: add \`roles: [...]\` to those who have them`,
        );
    }
  }
  if (others.length > 0) {
    lines.push("", "# The specs also require these security schemes, which no provider implements yet:");
    for (const { name: scheme, type, operations } of others)
      lines.push(`#   ${comment(scheme)} (${comment(type)}), by ${count(operations, "operation")}`);
  }
  lines.push(
    "",
    "policies: # for every operation; policy files may refine them or switch them off",
    "  requestId: {}",
    "  accessLog: {}",
    "  metrics: {}",
    "  securityHeaders: {}",
  );
  return `${lines.join("\n")}\n`;
}

/** Text of a first policy file for one spec. */
export function policiesYaml({ spec, facts }: ProposedVersion): string {
  const lines = [
    `# What happens to the operations of ${comment(posix.basename(spec.file))}: \`all\`, \`tags\`, \`paths\`, \`operations\`; the narrower scope wins.`,
    "all:",
    "  requestSize: { max: 1MiB }",
  ];
  if (facts.open.length > 0) {
    lines.push(
      "",
      "# The spec requires no authentication for these operations, and the gateway does not build while they are open.",
    );
    lines.push("# Add `security` to the spec or here, or say why everybody may call them:", "#", "# operations:");
    for (const operation of facts.open) lines.push(`#   ${scalar(comment(operation))}:`, '#     public: "the reason"');
  }
  return `${lines.join("\n")}\n`;
}

/** For a folder without a spec: one operation behind an API key. */
export const minimalSpec = `openapi: 3.1.0
info: { title: Greetings, version: 1.0.0 }
servers:
  - url: http://127.0.0.1:3000 # the service that answers
security:
  - partnerKey: []
paths:
  /hello/{name}:
    get:
      operationId: sayHello
      tags: [read]
      parameters:
        - { name: name, in: path, required: true, schema: { type: string } }
      responses:
        "200": { description: A greeting }
components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key }
`;

/** A plain YAML scalar where that is unambiguous, a double-quoted one (of which JSON is a subset) elsewhere. */
function scalar(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_./-]*(:\/\/[A-Za-z0-9_./:-]+)?$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** Text of a spec inside a comment must stay on its line. */
const comment = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, " ");
