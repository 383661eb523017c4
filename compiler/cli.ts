import { cac } from "cac";
import { UsageError } from "./commands/usage-error.ts";
import { packageVersion } from "./package-root.ts";

/** Exit codes: 0 fine, 1 diagnostics with errors, 2 wrong usage or an output that cannot be written, 70 a bug of ours (EX_SOFTWARE). */
export const exit = { ok: 0, diagnostics: 1, usage: 2, bug: 70 } as const;

/** Runs one command line and returns its exit code. Commands are loaded when they are called, so that each starts fast. */
export async function run(argv: readonly string[]): Promise<number> {
  const cli = cac("gatewright");
  const format = ["--format <format>", "Diagnostics as text, json, sarif or github", { default: "text" }] as const;
  const quiet = ["--quiet", "Print errors and the summary only"] as const;

  cli
    .command("init [folder]", "Look for OpenAPI documents and write a first gateway.yaml")
    .option("--force", "Overwrite an existing gateway.yaml")
    .action(async (folder, options) => (await import("./commands/init.ts")).init(folder, options));
  cli
    .command("check [gateway]", "Check the configuration as one program; write nothing")
    .option(...format)
    .option(...quiet)
    .option("--watch", "Check again whenever an input changes")
    .action(async (gateway, options) => (await import("./commands/check.ts")).checkCommand(gateway, options));
  cli
    .command("build [gateway]", "Check, then write the bundle")
    .option("--out <folder>", "Where to write", { default: "dist-gateway" })
    .option("--no-minify", "Leave the bundle readable")
    .option("--emit-modules", "Keep the generated modules beside the bundle")
    .option("--allow-faults", "Let policies harm requests on purpose (faultInjection): not for production")
    .option(...format)
    .option(...quiet)
    .action(async (gateway, options) => (await import("./commands/build.ts")).buildCommand(gateway, options));
  cli
    .command("dev [gateway]", "Build, serve, and swap in a new bundle on every change")
    .option("--workers <n>", "Worker processes", { default: 1 })
    .action(async (gateway, options) => (await import("./commands/dev.ts")).dev(gateway, options));
  cli
    .command("routes [gateway]", "List every operation with its public and its upstream path")
    .option("--format <format>", "text or json", { default: "text" })
    .action(async (gateway, options) => (await import("./commands/routes.ts")).routes(gateway, options));
  cli
    .command("coverage [gateway]", "List who may call what, and what proves it")
    .option("--format <format>", "text or json", { default: "text" })
    .action(async (gateway, options) => (await import("./commands/coverage.ts")).coverage(gateway, options));
  cli
    .command("explain <subject> [gateway]", "Explain a request ('POST /v1/orders') or a diagnostic (link/unknown-operation)")
    .option("-H, --header <field>", "Header of the request, as 'Name: value'; may be repeated")
    .option("--user <value>", "User of a `split`, as its `sticky` names one: which service, and at which share")
    .option("--format <format>", "text or json", { default: "text" })
    .example("  gatewright explain 'POST /v1/orders' -H 'Host: api.example.com'")
    .action(async (subject, gateway, options) => (await import("./commands/explain.ts")).explain(subject, gateway, options));
  cli
    .command("hash-password", "Read a password from standard input and print its hash for `basic`")
    .option("--user <name>", "Print the line of this user")
    .example("  gatewright hash-password --user ann >> users.txt")
    .action(async (options) => (await import("./commands/hash-password.ts")).hashPassword(options));
  cli
    .command("learn [log] [gateway]", "Say what an access log found wrong, and what in the spec would allow it")
    .option("--from <url>", "Ask the admin listener of a running gateway that has the `reports` policy, instead of reading a log")
    .option("--key-env <name>", "With --from: environment variable that holds the key of a credential")
    .option("--ca <file>", "With --from: certificates of the authority that signed that of the listener, in PEM")
    .option("--write <file>", "Write an OpenAPI Overlay that allows it")
    .option("--format <format>", "text or json", { default: "text" })
    .example("  gatewright learn access.log --write overlay.yaml")
    .example("  gatewright learn --from http://127.0.0.1:9090")
    .action(async (log, gateway, options) => (await import("./commands/learn.ts")).learn(log, gateway, options));
  cli
    .command(
      "live <subject> [value] [name]",
      "Ask a running gateway: status, ready, metrics, top, traffic, migrate, split [EXPERIMENT] [SERVICE=5%|continue|pause|roll-back|restart], log-level [LEVEL], operations, call OPERATION, purge KIND NAME, revocations, revoke KIND VALUE, unrevoke KIND VALUE",
    )
    .option("--url <url>", "Where its admin listener is (default: http://127.0.0.1:9090)")
    .option("--socket <path>", "Its Unix socket, instead of a URL")
    .option("--key-env <name>", "Environment variable that holds the key of a credential")
    .option("--ca <file>", "Certificates of the authority that signed that of the listener, in PEM")
    .option("--certificate <file>", "Client certificate in PEM, where credentials are certificates")
    .option("--key <file>", "Its private key in PEM")
    .option("--param <name=value>", "Parameter of the operation to call; may be repeated")
    .option("--body <json>", "Body of the operation to call")
    .option(
      "--region <region>",
      "With split, of a roll-out that goes from region to region: where the share is set, rolled back or restarted",
    )
    .option("--issuer <issuer>", "With revoke, unrevoke and revocations: only credentials of this issuer (`iss`)")
    .option("--issued-before <time>", "With revoke: only what was issued before, as 2027-01-01T00:00:00Z")
    .option("--until <time>", "With revoke: when every credential that is meant has ended, and the entry can be forgotten")
    .option("--reason <text>", "With revoke: for those who read the list")
    .option("--soft", "With purge: what is kept becomes stale, and is not gone")
    .option("--yes", "With purge all: it is meant")
    .option("--once", "With top: one table, and the end")
    .option("--interval <time>", "With top: how often the metrics are read (default: 2s)")
    .option("--format <format>", "text or json", { default: "text" })
    .example("  gatewright live log-level warning --key-env ADMIN_KEY")
    .example("  gatewright live split checkout-2 checkoutNext=25% --key-env ADMIN_KEY")
    .example("  gatewright live purge tag books --key-env ADMIN_KEY")
    .example("  gatewright live revoke sub alice --issued-before 2027-01-01T00:00:00Z --key-env ADMIN_KEY")
    .action(async (subject, value, name, options) => (await import("./commands/live.ts")).live(subject, value, name, options));
  cli
    .command(
      "revocations <action> [kind] [value]",
      "Change a file of `identity.revoked`: list, add KIND VALUE, remove KIND VALUE; KIND is key, jti, sid, sub or serial",
    )
    .option("--file <file>", "The file", { default: "revoked.json" })
    .option("--issuer <issuer>", "Only credentials of this issuer (`iss`)")
    .option("--issued-before <time>", "With add: only what was issued before, as 2027-01-01T00:00:00Z")
    .option("--until <time>", "With add: when every credential that is meant has ended, and the entry can be forgotten")
    .option("--reason <text>", "With add: for those who read the list")
    .option("--format <format>", "text or json", { default: "text" })
    .example("  gatewright revocations list")
    .example("  gatewright revocations add jti 5f3e --until 2027-01-01T00:00:00Z")
    .action(async (action, kind, value, options) =>
      (await import("./commands/revocations.ts")).revocations(action, kind, value, options),
    );
  cli
    .command(
      "keys <action> [subject]",
      "API keys: create, list, show ID, rotate ID, revoke ID, import FILE, export; in a file, or of a running gateway",
    )
    .option("--file <file>", "File of keys (default: keys.json)")
    .option("--url <url>", "Admin listener of a running gateway, for keys in a store: http://127.0.0.1:9090")
    .option("--socket <path>", "Its Unix socket, instead of a URL")
    .option("--scheme <name>", "Security scheme whose keys they are, where several have some")
    .option("--project <path>", "Gateway file whose scheme says what metadata is; the one beside the file of keys, or here")
    .option("--key-env <name>", "Of a running gateway: environment variable that holds the key of a credential")
    .option("--ca <file>", "Of a running gateway: certificates of the authority that signed that of the listener, in PEM")
    .option("--certificate <file>", "Of a running gateway: client certificate in PEM, where credentials are certificates")
    .option("--key <file>", "Of a running gateway: its private key in PEM")
    .option("--consumer <name>", "Whose key it is; with list: whose keys")
    .option("--role <name>", "A role of the key; may be repeated")
    .option("--scope <name>", "A scope of the key; may be repeated")
    .option("--tenant <name>", "Tenant of the consumer")
    .option("--tier <name>", "Tier of the consumer")
    .option("--metadata <json>", "What else is known of the consumer: identity.claims")
    .option("--note <text>", "For people")
    .option("--not-before <when>", "When it begins to count: 2027-01-31, or 7d from now")
    .option("--expires <when>", "When it ends: 2027-01-31, or 90d from now")
    .option("--overlap <duration>", "With rotate: how long the old key counts beside the new one")
    .option("--prefix <text>", "What keys of a new file begin with")
    .option("--format <format>", "text or json", { default: "text" })
    .example("  gatewright keys create --consumer acme --role buyer --expires 365d")
    .example("  gatewright keys rotate ID --overlap 7d")
    .example("  gatewright keys list --url http://127.0.0.1:9090 --key-env ADMIN_KEY")
    .action(async (action, subject, options) => (await import("./commands/keys.ts")).keys(action, subject, options));
  cli
    .command("schema [gateway]", "Print the JSON Schema of gateway.yaml for editors, or write those of one project")
    .option("--file <file>", "gateway or policies: which schema to print (default: gateway)")
    .option("--project", "Write schemas that know the services, operations and tags of this gateway")
    .option("--out <folder>", "Where to write them (default: .gatewright/schema beside gateway.yaml)")
    .option("--vscode", "Print settings for VS Code instead of comments for the files")
    .action(async (gateway, options) => (await import("./commands/schema.ts")).schema(gateway, options));
  // What a command does stands in the list of commands; its own help says it too, with the actions that it has.
  cli.help((sections) =>
    cli.matchedCommand === undefined
      ? sections
      : sections.flatMap((section, index) => (index === 0 ? [section, { body: cli.matchedCommand!.description }] : [section])),
  );
  cli.version(packageVersion());

  try {
    cli.parse([...argv], { run: false });
    if (cli.options.help === true || cli.options.version === true) return exit.ok;
    if (cli.matchedCommand === undefined) {
      const [name] = cli.args;
      const { suggestion } = await import("./diagnostics/suggest.ts");
      const known = cli.commands.map((command) => command.name);
      if (name === undefined) {
        const [option] = argv.slice(2).filter((argument) => argument.startsWith("-"));
        if (option !== undefined)
          throw new UsageError(`There is no command before \`${option}\`; write one of ${known.join(", ")}.`);
        cli.outputHelp();
        return exit.usage;
      }
      throw new UsageError(`There is no command \`${name}\`. ${suggestion(name, known)}`);
    }
    return (await cli.runMatchedCommand()) ?? exit.ok;
  } catch (error) {
    if (error instanceof UsageError || (error instanceof Error && error.name === "CACError")) {
      const { usageMessage } = await import("./commands/usage-message.ts");
      const command = cli.matchedCommand;
      const message = error instanceof UsageError ? error.message : usageMessage(error, command);
      process.stderr.write(
        `gatewright: ${message}\nSee \`gatewright ${command === undefined ? "" : `${command.name} `}--help\`.\n`,
      );
      return exit.usage;
    }
    const { outputProblem } = await import("./commands/output-problem.ts");
    const problem = outputProblem(error);
    if (problem !== undefined) {
      process.stderr.write(`gatewright: ${problem}\n`);
      return exit.usage;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `gatewright: this is a bug of ours, not of your configuration. Please report it with what follows.\n\n${text}\n`,
    );
    return exit.bug;
  }
}
