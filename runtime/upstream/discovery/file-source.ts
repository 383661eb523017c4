import { FollowedFiles } from "../../files/followed-files.ts";
import type { Life } from "../../life/life.ts";
import { listedInText, type TextInSteps } from "./list.ts";
import type { Entry } from "./member.ts";
import type { EndpointSource, Findings, Look } from "./source.ts";

export interface FileSourceConfig {
  readonly path: string;
  /** Reads the text; absent: it is JSON. */
  readonly inSteps?: TextInSteps;
}

export const createFileSource = (config: FileSourceConfig): EndpointSource => new FileSource(config);

const mostBytes = 8 * 1024 * 1024;

/** A file that somebody writes anew whenever there are other endpoints. */
class FileSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: FileSourceConfig;

  constructor(config: FileSourceConfig) {
    this.#config = config;
    this.description = `file ${config.path}`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { path, inSteps } = this.#config;
    let last: readonly Entry[] | undefined;
    const files = new FollowedFiles<readonly Entry[]>(
      {
        paths: [path],
        what: "endpoints",
        maxBytes: mostBytes,
        parse: ([text]) => listedInText(text!, (listed) => findings.read(listed), inSteps),
        apply: (listed) => {
          last = listed;
        },
        // What is there counts as seen again, also where nobody has written it anew.
        looked: (why) => {
          if (why !== undefined) findings.failed(why);
          else if (last !== undefined) tell(findings, last);
        },
      },
      undefined,
    );
    return files.follow(tenure);
  }
}

/** Whatever it finds, the look itself was good. */
function tell(findings: Findings, entries: readonly Entry[]): void {
  try {
    findings.found(entries);
  } catch (error) {
    findings.failed(error instanceof Error ? error.message : String(error));
  }
}
