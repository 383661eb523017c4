import { posix } from "node:path";
import { latestCompatibility } from "../../ir/compatibility.ts";
import { count } from "../../text/words.ts";
import { environmentName, type Proposal, type ProposedApi, type ProposedVersion } from "./propose.ts";
import type { SchemeFacts } from "./spec-facts.ts";

/** Text of a first `gateway.yaml`. */
export function gatewayYaml(proposal: Proposal): string {
  const lines = [
    `gateway: ${proposal.name}`,
    `compatibility: ${latestCompatibility} # defaults as of this date, whatever newer versions do`,
    "",
    "listeners:",
    "  public: { port: 8080 }",
    ...(proposal.schemes.some(({ verifier }) => verifier === "mtls")
      ? [
          "  # For client certificates, in place of the line above, with the authority that signs those of your clients:",
          "  # public: { port: 8443, tls: { certificates: [{ certificate: { file: gateway.pem }, key: { file: gateway.key } }], clientCertificates: { ca: { file: clients.pem } } } }",
        ]
      : []),
    "  admin: { host: 127.0.0.1, port: 9090 } # /healthz, /readyz, /metrics",
    "",
    "apis:",
    ...proposal.apis.flatMap(apiLines),
    "",
    "services:",
    ...serviceLines(proposal.apis.flatMap(({ versions }) => versions)),
    ...identityLines(proposal),
    "",
    "policies: # for every operation; policy files may refine them or switch them off",
    "  requestId: {}",
    "  accessLog: {}",
    "  metrics: {}",
    "  securityHeaders: {}",
    "  # For a first week: what is not as the spec says passes and is logged; `gatewright learn access.log` sums it up.",
    "  # validate: { request: report, response: report }",
    "  # For browsers on other origins. The gateway then answers preflights, and its CORS fields replace those of the service.",
    "  # cors: { origins: [https://shop.example.com] }",
  ];
  return `${lines.join("\n")}\n`;
}

function apiLines({ name, place, versions }: ProposedApi): string[] {
  const lines = [`  ${name}:`];
  const why = place.change ?? "as the server of the document says; without it, public paths are shorter";
  if (place.basePath !== "") lines.push(`    basePath: ${scalar(place.basePath)} # ${why}`);
  if (place.prefix !== undefined)
    lines.push(
      `    versioning: { by: path, prefix: ${JSON.stringify(place.prefix)} } # ${place.change ?? "as the servers of the documents say"}`,
    );
  lines.push("    versions:");
  for (const version of versions) {
    lines.push(`      ${scalar(version.name)}:`);
    lines.push(`        spec: ${scalar(version.spec.file)}`);
    lines.push(`        policies: ${scalar(version.policyFile)}`);
    lines.push(`        service: ${version.service}`);
  }
  return lines;
}

/** Where a service listens is in no spec: the server there is what clients call, and soon the gateway itself. */
function serviceLines(versions: readonly ProposedVersion[]): string[] {
  const services = new Map(versions.map((version) => [version.service, version] as const));
  return [...services].flatMap(([service, { endpointVariable, facts, spec }]) => [
    `  ${service}:`,
    `    endpoints: [${JSON.stringify(`\${env:${endpointVariable}}`)}] # where the service itself listens, read when the gateway starts`,
    ...(facts.server.origin === undefined
      ? []
      : [
          `    # ${comment(spec.file)} names this server, to clients; it is an endpoint only if its name never leads to the gateway:`,
          `    # endpoints: [${scalar(facts.server.origin)}]`,
        ]),
  ]);
}

function identityLines({ schemes, gatewayScheme }: Proposal): string[] {
  const provided = schemes.filter(({ provider }) => provider !== undefined);
  const certificates = schemes.filter(({ verifier }) => verifier === "mtls");
  const others = schemes.filter(({ provider, verifier }) => provider === undefined && verifier === undefined);
  const lines: string[] = [];
  const hasSchemes = provided.length > 0 || gatewayScheme !== undefined;
  if (hasSchemes) lines.push("", "identity:", "  schemes:");
  if (!hasSchemes && certificates.length > 0)
    lines.push(
      "",
      "# What your spec requires, once `listeners.public` asks for client certificates:",
      "# identity:",
      "#   schemes:",
    );
  lines.push(
    ...certificates.map(
      ({ name }) =>
        `${hasSchemes ? "    # " : "#     "}${scalar(comment(name))}: { mtls: {} } # mutualTLS; needs the listener with \`clientCertificates\` above`,
    ),
  );
  lines.push(...provided.flatMap((scheme) => (scheme.provider === "apiKey" ? keyLines(scheme) : passedLines(scheme))));
  if (gatewayScheme !== undefined)
    lines.push(
      `    ${gatewayScheme}: # of the gateway's own, for specs that require nothing; the service does not see the key`,
      "      apiKey:",
      "        in: header",
      "        name: X-API-Key",
      "        keys: # one entry for each consumer; keys are read when the gateway starts",
      `          first: { key: { env: ${environmentName(gatewayScheme)} } }`,
    );
  if (others.length > 0) {
    lines.push("", "# The specs also require these security schemes, which no provider implements yet:");
    for (const { name, type, operations } of others)
      lines.push(`#   ${comment(name)} (${comment(type)}), by ${count(operations, "operation")}`);
  }
  return lines;
}

const passedLines = (scheme: SchemeFacts): string[] => [
  `    ${scalar(scheme.name)}: # ${comment(scheme.type)}: credentials have to be there and well-formed; the service verifies them`,
  "      passThrough: {}",
  ...verifiedLines(scheme),
];

/** What has to be known besides is in no spec, so that these are comments. */
function verifiedLines({ verifier, issuer }: SchemeFacts): string[] {
  if (verifier === "jwt")
    return [
      "      # Where tokens are JWTs, the gateway can verify them itself. In place of the line above, with the issuer exactly as",
      "      # tokens have it in `iss`, and with the name that it has for this API:",
      `      # jwt: { issuer: ${scalar(comment(issuer ?? "https://login.example.com/"))}, audience: my-api }`,
    ];
  if (verifier === "basic")
    return [
      "      # The gateway can verify passwords itself. In place of the line above, with a file of users, of which",
      "      # `gatewright hash-password --user NAME >> users.txt` makes a line:",
      "      # basic: { users: { file: users.txt } }",
    ];
  return [];
}

function keyLines({ name, roles }: SchemeFacts): string[] {
  return [
    `    ${scalar(name)}:`,
    "      apiKey:",
    "        forward: credential # the service checks the key too, as its document says; remove this once only the gateway does",
    "        keys: # one entry for each consumer; keys are read when the gateway starts",
    `          first: { key: { env: ${environmentName(name)} } }`,
    ...(roles.length === 0
      ? []
      : [
          `          # operations ask for the roles ${roles.map(comment).join(", ")}: add \`roles: [...]\` to those who have them`,
        ]),
  ];
}

/** Text of a first policy file for one spec. */
export function policiesYaml({ spec, facts }: ProposedVersion, gatewayScheme: string | undefined): string {
  const lines = [
    `# What happens to the operations of ${comment(posix.basename(spec.file))}: \`all\`, \`tags\`, \`paths\`, \`operations\`; the narrower scope wins.`,
    "all:",
    "  requestSize: { max: 1MiB }",
  ];
  if (facts.isOpen && gatewayScheme !== undefined) {
    lines.push(
      "  # The spec requires no authentication of anybody, so the gateway asks for a key of its own.",
      `  security: [{ ${gatewayScheme}: [] }]`,
      "  # If everybody may call all of this, write instead of the line above:",
      '  # public: "the reason"',
    );
  } else if (facts.open.length > 0) {
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
  return /^[A-Za-z/][A-Za-z0-9_./-]*(:\/\/[A-Za-z0-9_./:-]+)?$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** Text of a spec inside a comment must stay on its line. */
const comment = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, " ");
