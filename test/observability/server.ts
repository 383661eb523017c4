import type { ChildProcess } from "node:child_process";
import { expect, onTestFinished } from "vitest";

/** Resolves when it answers; it ends with the test. */
export async function started(child: ChildProcess, url: string): Promise<string> {
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await expect
    .poll(
      () =>
        child.exitCode === null
          ? fetch(`${url}/-/ready`).then(
              ({ status }) => status,
              () => 0,
            )
          : errors,
      { timeout: 30_000, interval: 50 },
    )
    .toBe(200);
  return url;
}
