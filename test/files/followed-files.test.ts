import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { FollowedFiles } from "../../runtime/files/followed-files.ts";
import { Alone } from "../../runtime/life/alone.ts";
import { createLife } from "../../runtime/life/create-life.ts";
import { stillMonotonic } from "../harness/still-clock.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { NotedLog } from "../life/support/things.ts";

/** Files whose texts have to be equal, as those of a pair that fits. */
function follow(paths: readonly [string, ...string[]], isInForce = true) {
  const applied: string[] = [];
  const parse = (texts: readonly string[]): string => {
    if (texts.some((text) => text !== texts[0])) throw new Error("the key does not fit");
    return texts[0]!;
  };
  const texts = isInForce ? paths.map((path) => readFileSync(path, "utf8").trimEnd()) : undefined;
  const config = { paths, what: "toy", maxBytes: 1_000, parse, apply: (value: string) => void applied.push(value) };
  const files = new FollowedFiles(config, texts);
  const log = new NotedLog();
  const over = new AbortController();
  onTestFinished(() => over.abort());
  files.follow(createLife(new Alone([]), log, over.signal));
  return { applied, log, files };
}

const until = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 20 });

describe("files that are followed", () => {
  it.each([
    ["written over", (path: string, text: string) => writeFileSync(path, text)],
    [
      "replaced by another file",
      (path: string, text: string) => {
        writeFileSync(`${path}.new`, text);
        renameSync(`${path}.new`, path);
      },
    ],
    [
      "removed and made again",
      (path: string, text: string) => {
        unlinkSync(path);
        writeFileSync(path, text);
      },
    ],
  ])("count when they are %s", async (_, write) => {
    const path = join(temporaryFolder({ "a.pem": "old\n" }), "a.pem");
    const { applied, log } = follow([path]);
    // What stands there already is not something new.
    write(path, "new\n");
    await until(() => expect(applied).toEqual(["new"]));
    await until(() => expect(log.lines).toEqual([`info files replaced {"what":"toy","files":"${path}"}`]));
  });

  it("count when Kubernetes swaps its link", async () => {
    const folder = temporaryFolder();
    const version = (name: string, text: string): void => {
      mkdirSync(join(folder, name));
      for (const file of ["tls.crt", "tls.key"]) writeFileSync(join(folder, name, file), text);
      symlinkSync(name, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    version("..2026_1", "old");
    const paths = [join(folder, "tls.crt"), join(folder, "tls.key")] as const;
    symlinkSync("..data/tls.crt", paths[0]);
    symlinkSync("..data/tls.key", paths[1]);
    const { applied, log } = follow(paths);
    version("..2026_2", "new");
    rmSync(join(folder, "..2026_1"), { recursive: true });
    await until(() => expect(applied).toEqual(["new"]));
    await until(() => expect(log.lines.map((line) => line.split(" {")[0])).toEqual(["info files replaced"]));
  });

  it("are judged together: a key whose certificate comes later is neither used nor reported", async () => {
    // What cannot be used is reported when it has been there for some time.
    stillMonotonic();
    const folder = temporaryFolder({ "tls.crt": "old", "tls.key": "old" });
    const { applied, log } = follow([join(folder, "tls.crt"), join(folder, "tls.key")]);
    writeFileSync(join(folder, "tls.key"), "new");
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(join(folder, "tls.crt"), "new");
    await until(() => expect(applied).toEqual(["new"]));
    expect(log.lines.filter((line) => line.startsWith("warning"))).toEqual([]);
  });

  it("stay in force while what is there cannot be used, which is said once, with the reason", async () => {
    const folder = temporaryFolder({ "tls.crt": "old", "tls.key": "old" });
    const paths = [join(folder, "tls.crt"), join(folder, "tls.key")] as const;
    const { applied, log, files } = follow(paths);
    writeFileSync(paths[1], "bad");
    await until(() => expect(files.problem).toBe("the key does not fit"));
    expect(log.lines).toEqual([
      `warning files cannot be used ${JSON.stringify({ what: "toy", files: paths.join(", "), reason: "the key does not fit", kept: "what was there before stays in force" })}`,
    ]);
    unlinkSync(paths[1]);
    await until(() => expect(log.lines.at(-1)).toContain(`file ${paths[1]} cannot be read: it does not exist. Mount it there`));
    writeFileSync(paths[1], "old");
    await until(() => expect(log.lines.at(-1)).toContain("files are as they were again"));
    expect([files.problem, applied]).toEqual([undefined, []]);
  });

  it("are not read where they are too large", async () => {
    const path = join(temporaryFolder({ list: "old" }), "list");
    const { files } = follow([path]);
    writeFileSync(path, "x".repeat(1_001));
    await until(() => expect(files.problem).toBe(`file ${path} has 1001 bytes, and 1000 are read at most`));
  });

  it("count when their folder was not there, by the look that nothing asks for", async () => {
    const { TurnedClock } = await import("../harness/turned-clock.ts");
    const folder = temporaryFolder();
    const path = join(folder, "later", "list");
    const clock = new TurnedClock();
    const { applied } = follow([path], false);
    await clock.turn(1_000);
    mkdirSync(join(folder, "later"));
    writeFileSync(path, "new");
    await until(async () => {
      await clock.turn(33_000);
      expect(applied).toEqual(["new"]);
    });
  });
});
