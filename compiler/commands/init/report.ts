import { count, list } from "../../text/words.ts";
import { environmentName, type Proposal } from "./propose.ts";

export type Say = (text?: string) => void;

/** What a reader of the first gateway.yaml has to know beside it: where clients find things, and what is left to decide. */
export function describeProposal({ apis, schemes, gatewayScheme }: Proposal, say: Say): void {
  for (const { name, place } of apis) {
    const path = `${place.basePath}${place.prefix ?? ""}`;
    if (place.change !== undefined) say(`\nPublic paths of ${name} begin with ${path}, which no document says: ${place.change}.`);
    else if (path !== "")
      say(`\nPublic paths of ${name} begin with ${path}, as \`servers\` or \`basePath\` in the document says.`);
  }
  for (const { name, type, provider, verifier, operations } of schemes) {
    if (provider !== undefined) continue;
    if (verifier === "mtls") {
      say(
        `\n\`${name}\` (${type}): client certificates need TLS on the listener. gateway.yaml has the lines as comments; ${count(operations, "operation")} that require${operations === 1 ? "s" : ""} it will not build before.`,
      );
      continue;
    }
    const why = type === "undeclared" ? "is not declared under components.securitySchemes" : `(${type}) has no provider yet`;
    say(`\n\`${name}\` ${why}; ${count(operations, "operation")} that require${operations === 1 ? "s" : ""} it will not build.`);
  }
  if (schemes.some(({ type, provider, verifier }) => provider === undefined && verifier === undefined && type !== "undeclared"))
    say("`overlays` of a version can change what its spec requires.");
  const passed = schemes.filter(({ provider }) => provider === "passThrough").map(({ name }) => `\`${name}\``);
  if (passed.length > 0)
    say(
      `\nCredentials of ${list(passed)} pass through: the gateway checks that they are there, the service verifies them. Comments in gateway.yaml show how the gateway does.`,
    );
  for (const { policyFile, facts } of apis.flatMap((api) => api.versions)) {
    if (facts.open.length === 0) continue;
    const open = `${count(facts.open.length, "operation")} without \`security\` in the spec`;
    if (facts.isOpen) say(`\n${open}: whoever calls needs a key of \`${gatewayScheme}\`; ${policyFile} shows how to open them.`);
    else say(`\n${open}: decide for each in ${policyFile}, where they are listed.`);
  }
}

/** The commands that lead to a running gateway. */
export function describeNext({ apis, schemes, gatewayScheme }: Proposal, folder: string, errors: number, say: Say): void {
  const gateway = folder === "" ? "" : ` ${folder}`;
  say(errors === 0 ? "\nIt builds. Next:" : `\nIt does not build yet (${count(errors, "error")}). Next:`);
  say();
  if (errors > 0) say(`  gatewright check${gateway}`);
  for (const { name, provider } of schemes)
    if (provider === "apiKey")
      say(`  export ${environmentName(name)}=$(openssl rand -hex 24)   # or a key that the service knows`);
  if (gatewayScheme !== undefined) say(`  export ${environmentName(gatewayScheme)}=$(openssl rand -hex 24)`);
  const variables = new Set(apis.flatMap(({ versions }) => versions.map((version) => version.endpointVariable)));
  for (const name of variables) say(`  export ${name}=http://127.0.0.1:3000   # where the service itself listens`);
  say(`  gatewright dev${gateway}`);
}
