import { FollowedFiles } from "../../files/followed-files.ts";
import { inSlices } from "../../life/in-slices.ts";
import type { Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import type { Log } from "../../log/log.ts";
import { type ListedUrl, listedIn, mostBytes, mostListed } from "./listed-urls.ts";

/** Lines of a file that are told one by one. */
const mostTold = 20;

/** URLs in a file, which others replace while the gateway runs. What cannot be used leaves the list as it is. */
export class WarmList {
  readonly #path: string;
  readonly #isWarmable: (url: string) => boolean;
  readonly #replaced: (urls: readonly string[]) => void;
  readonly #files: FollowedFiles<readonly string[]>;
  #log: Log | undefined = undefined;
  /** What is in the file is not what is warmed. */
  isOutdated = false;

  /** `replaced`: called with the URLs whenever there are others. */
  constructor(path: string, isWarmable: (url: string) => boolean, replaced: (urls: readonly string[]) => void) {
    this.#path = path;
    this.#isWarmable = isWarmable;
    this.#replaced = replaced;
    this.#files = new FollowedFiles<readonly string[]>(
      {
        paths: [path],
        what: "list of URLs to warm",
        maxBytes: mostBytes,
        parse: ([text]) => this.#read(text!),
        apply: (urls) => this.#replaced(urls),
        looked: (why) => {
          this.isOutdated = why !== undefined;
        },
      },
      undefined,
    );
  }

  /** Resolves when it was read, however that went, and follows the file up to the end of `life`. */
  async start(life: Life): Promise<void> {
    this.#log = life.log;
    try {
      await this.#files.first();
    } catch (error) {
      this.isOutdated = true;
      life.log.write("error", "the list of URLs to warm is not used", { reason: messageOf(error) });
    }
    this.#files.follow(life);
  }

  async #read(text: string): Promise<readonly string[]> {
    const lines = listedIn(text);
    const urls: string[] = [];
    const wrong: ListedUrl[] = [];
    await inSlices(lines.slice(0, mostListed), (line) => {
      if (this.#isWarmable(line.url)) urls.push(line.url);
      else wrong.push(line);
    });
    if (urls.length === 0)
      throw new Error(`file ${this.#path} has no URL whose answers are kept for everybody, one a line: write the list there`);
    this.#tell(lines.length, wrong);
    return urls;
  }

  #tell(count: number, wrong: readonly ListedUrl[]): void {
    const file = this.#path;
    for (const { line } of wrong.slice(0, mostTold))
      this.#log?.write("warning", "a line of the list is no URL whose answers are kept for everybody, and is skipped", {
        file,
        line,
      });
    if (wrong.length > mostTold)
      this.#log?.write("warning", "further lines of the list are skipped", { file, lines: wrong.length - mostTold });
    if (count > mostListed)
      this.#log?.write("warning", "the list is too long, and its end is skipped", { file, lines: count, most: mostListed });
  }
}
