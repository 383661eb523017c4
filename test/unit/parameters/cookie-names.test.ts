import { expect, it } from "vitest";
import { compileReader } from "./readers.ts";

it("takes escapes in the names of cookies where the style has them, and for another name where it has not", async () => {
  const properties = { größe: { type: "boolean" } };
  const open = { type: "object", properties, additionalProperties: { type: "string" } };
  const cookie = (style: string, schema: object) => compileReader([{ name: "o", in: "cookie", style, explode: true, schema }]);
  const headers = ["Cookie", "gr%C3%B6%C3%9Fe=true"];
  const object = { type: "object", properties };
  expect((await cookie("form", object)).read({ headers }).values?.cookie).toEqual({ o: { größe: true } });
  expect((await cookie("cookie", object)).read({ headers }).values?.cookie).toEqual({ o: undefined });
  expect((await cookie("form", open)).read({ headers }).values?.cookie).toEqual({ o: { größe: true } });
  expect((await cookie("cookie", open)).read({ headers }).values?.cookie).toEqual({ o: { "gr%C3%B6%C3%9Fe": "true" } });
});
