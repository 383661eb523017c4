import { StartError } from "../life/start-error.ts";
import { type LogFormat, type LogLevel, logFormats, logLevels } from "../log/level.ts";
import { availableProcessors } from "./processors.ts";

/** What `node gateway.mjs` was asked for. */
export interface CommandLine {
  readonly workers: number;
  /** Milliseconds. */
  readonly drainTimeout: number;
  /** Milliseconds between the signal to end and the end of accepting. */
  readonly shutdownDelay: number;
  /** Milliseconds; 0: never. */
  readonly workerTimeout: number;
  readonly logLevel: LogLevel;
  /** Undefined: sentences as text, events as JSON. */
  readonly logFormat: LogFormat | undefined;
}

/** Which gateway a bundle is: its name, and the version of gatewright that built it. */
export interface GatewayLabel {
  readonly name: string;
  readonly builtBy: string;
}

const help = `Usage: node gateway.mjs [options]

  --workers N          processes that serve requests, or \`auto\` for one per processor that it may use (default 1)
  --drain-timeout S    seconds that requests in flight get after SIGTERM (default 30)
  --shutdown-delay S   seconds after SIGTERM in which /readyz says 503 and requests are still accepted, so that load
                       balancers can take the gateway out first; a second signal ends them (default 0)
  --worker-timeout S   seconds after which a worker that does not respond is ended and replaced; 0: never (default 10)
  --log-level LEVEL    what goes to standard error: error, warning or info (default info)
  --log-format FORMAT  how it is written: json, one object a line, or text, to be read by people (default: sentences of
                       the process as text, events as JSON)
  --help               this text
  --version            name of this gateway, versions of the gatewright that built it and of Node

Signals: SIGTERM and SIGINT stop accepting, finish what is in flight and exit. With several workers, SIGHUP starts new ones
from the file as it is now, and the old ones drain; a single process cannot replace itself, says so and serves on.
Exit codes: 0 stopped as asked, 69 a port cannot be had, 78 configuration cannot be used.
`;

/** Answers `--help` and `--version` and ends the process; comes before anything is read from the environment. */
export function answerQuestions(argv: readonly string[], { name, builtBy }: GatewayLabel): void {
  const isHelp = argv.includes("--help") || argv.includes("-h");
  if (!isHelp && !argv.includes("--version")) return;
  const label = `${name}, a gateway built by gatewright ${builtBy}`;
  endWith(isHelp ? `${label}\n\n${help}` : `${label}, on Node ${process.versions.node}\n`);
}

function endWith(text: string): void {
  process.stdout.write(text);
  process.exit(0);
}

/** Throws a `StartError` for anything unknown: a misspelt option would be ignored otherwise. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  let workers = 1;
  let drainTimeout = 30_000;
  let shutdownDelay = 0;
  let workerTimeout = 10_000;
  let logLevel: LogLevel = "info";
  let logFormat: LogFormat | undefined;
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!;
    const equals = argument.indexOf("=");
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? argv[++index] : argument.slice(equals + 1);
    if (name === "--workers") workers = value === "auto" ? availableProcessors() : wholeNumber(name, value, 1, 512);
    else if (name === "--drain-timeout") drainTimeout = wholeNumber(name, value, 0, 3600) * 1000;
    else if (name === "--shutdown-delay") shutdownDelay = wholeNumber(name, value, 0, 3600) * 1000;
    else if (name === "--log-level") logLevel = oneOf(name, value, logLevels);
    else if (name === "--log-format") logFormat = oneOf(name, value, logFormats);
    else if (name === "--worker-timeout") workerTimeout = value === "0" ? 0 : wholeNumber(name, value, 2, 3600) * 1000;
    else throw new StartError(`\`${argument}\` is no option of this gateway. ${remedyFor(name)}`);
  }
  return { workers, drainTimeout, shutdownDelay, workerTimeout, logLevel, logFormat };
}

/** What people look for here that is settled elsewhere. */
function remedyFor(name: string): string {
  if (name === "--port" || name === "-p" || name === "--host")
    return `The listeners are settled in gateway.yaml; write \`port: "\${env:PORT}"\` there to choose it when the gateway starts.`;
  const near = options.find((option) => option.startsWith(name.slice(0, 8))) ?? options.find((option) => alike(option, name));
  return near === undefined ? "`--help` prints those there are." : `Did you mean \`${near}\`? \`--help\` prints all.`;
}

const options = [
  "--workers",
  "--drain-timeout",
  "--shutdown-delay",
  "--worker-timeout",
  "--log-level",
  "--log-format",
  "--help",
  "--version",
] as const;

function oneOf<Choice extends string>(name: string, value: string | undefined, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new StartError(`\`${name}\` needs one of ${choices.join(", ")}${value === undefined ? "" : `, not \`${value}\``}.`);
}

/** Three letters in common are enough of so few options. */
const alike = (option: string, name: string): boolean =>
  name.length > 4 && (option.startsWith(name.slice(0, 5)) || option.endsWith(name.slice(-3)));

function wholeNumber(name: string, value: string | undefined, least: number, most: number): number {
  const number = value === undefined || !/^\d{1,6}$/.test(value) ? Number.NaN : Number(value);
  if (number >= least && number <= most) return number;
  throw new StartError(
    `\`${name}\` needs a whole number from ${least} to ${most}${value === undefined ? "" : `, not \`${value}\``}.`,
  );
}
