import { expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

const most = 400;

/** Files that may be longer, each with the reason why two files would be worse. */
const allowed: Readonly<Record<string, string>> = {
  "runtime/http/http1-connection.ts": "one state machine: request, answer and connection end in each other",
};

const long = sourceFiles("compiler", "runtime", "test")
  .filter(({ path }) => !path.endsWith(".gen.ts"))
  .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
  .filter(({ lines }) => lines > most);

it(`no source file has more than ${most} lines`, () => {
  expect(long.filter(({ path }) => !(path in allowed)).map(({ path, lines }) => `${path} has ${lines} lines`)).toEqual([]);
});

it("no file is allowed to be long that is not", () => {
  expect(Object.keys(allowed).filter((path) => !long.some((file) => file.path === path))).toEqual([]);
});
