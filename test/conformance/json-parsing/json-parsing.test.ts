import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJsonBody } from "../../../runtime/body/json-body.ts";
import { parseMediaType } from "../../../runtime/body/media-type.ts";
import { refuseMalformed } from "../../../runtime/body/refuse-malformed.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { send } from "../../../runtime/http/send.ts";
import { type Serving, serve } from "../../../runtime/process/serve.ts";
import { gateway, operation } from "../../runtime/support/gateway.ts";

const folder = fileURLToPath(new URL("../../../../shared/corpus/json-parsing/", import.meta.url));
const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^[yni]_.*\.json$/.test(file)) : [];

/** Cases that must pass as JSON and that the gateway refuses all the same, with the reason. */
const refusedThoughValid: Readonly<Record<string, string>> = {
  "y_object_duplicated_key.json": "services differ in which of two equal keys counts",
  "y_object_duplicated_key_and_value.json": "services differ in which of two equal keys counts",
};

/** What RFC 8259 leaves to the parser. */
const implementationDefined: Readonly<Record<string, "accepted" | "refused">> = {
  "i_number_double_huge_neg_exp.json": "accepted",
  "i_number_huge_exp.json": "refused",
  "i_number_neg_int_huge_exp.json": "refused",
  "i_number_pos_double_huge_exp.json": "refused",
  "i_number_real_neg_overflow.json": "refused",
  "i_number_real_pos_overflow.json": "refused",
  "i_number_real_underflow.json": "accepted",
  "i_number_too_big_neg_int.json": "accepted",
  "i_number_too_big_pos_int.json": "accepted",
  "i_number_very_big_negative_int.json": "accepted",
  "i_object_key_lone_2nd_surrogate.json": "accepted",
  "i_string_1st_surrogate_but_2nd_missing.json": "accepted",
  "i_string_1st_valid_surrogate_2nd_invalid.json": "accepted",
  "i_string_UTF-16LE_with_BOM.json": "refused",
  "i_string_UTF-8_invalid_sequence.json": "refused",
  "i_string_UTF8_surrogate_U+D800.json": "refused",
  "i_string_incomplete_surrogate_and_escape_valid.json": "accepted",
  "i_string_incomplete_surrogate_pair.json": "accepted",
  "i_string_incomplete_surrogates_escape_valid.json": "accepted",
  "i_string_invalid_lonely_surrogate.json": "accepted",
  "i_string_invalid_surrogate.json": "accepted",
  "i_string_invalid_utf-8.json": "refused",
  "i_string_inverted_surrogates_U+1D11E.json": "accepted",
  "i_string_iso_latin_1.json": "refused",
  "i_string_lone_second_surrogate.json": "accepted",
  "i_string_lone_utf8_continuation_byte.json": "refused",
  "i_string_not_in_unicode_range.json": "refused",
  "i_string_overlong_sequence_2_bytes.json": "refused",
  "i_string_overlong_sequence_6_bytes.json": "refused",
  "i_string_overlong_sequence_6_bytes_null.json": "refused",
  "i_string_truncated-utf-8.json": "refused",
  "i_string_utf16BE_no_BOM.json": "refused",
  "i_string_utf16LE_no_BOM.json": "refused",
  "i_structure_500_nested_arrays.json": "refused",
  "i_structure_UTF-8_BOM_empty_object.json": "refused",
};

function expected(file: string): "accepted" | "refused" {
  if (file in refusedThoughValid) return "refused";
  if (file.startsWith("i_")) return implementationDefined[file] ?? "refused";
  return file.startsWith("y_") ? "accepted" : "refused";
}

describe.skipIf(files.length === 0)("JSON texts sent over HTTP", () => {
  const format = createJsonBody({ maxDepth: 100 });
  const media = parseMediaType("application/json")!;
  let serving: Serving;

  beforeAll(async () => {
    const echo = operation({
      async request(x) {
        const bytes = await x.readBody(1 << 20);
        if (bytes === undefined) return send(x);
        const read = format.read(bytes, media);
        if (read.problem !== undefined) refuseMalformed(x, read.problem, { content: [], maxBytes: 0 }, "test");
        else x.answer = { status: 200, headers: new HeaderList(), body: bytes, source: "test" };
        send(x);
      },
    });
    serving = await serve(gateway(echo), { drainTimeout: 0 });
  });
  afterAll(() => serving.close());

  it.each(files.map((file) => [expected(file), file] as const))("%s: %s", async (verdict, file) => {
    const body = readFileSync(folder + file);
    const answer = await fetch(`http://127.0.0.1:${serving.port}/`, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
    });
    expect(answer.status).toBe(verdict === "accepted" ? 200 : 400);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (verdict === "accepted") expect(bytes.equals(body)).toBe(true);
    else expect(JSON.parse(bytes.toString())).toMatchObject({ type: "urn:gatewright:problem:malformed-body", status: 400 });
  });

  it("the table of what is left to the parser names every such case, and no other", () => {
    expect(Object.keys(implementationDefined).sort()).toEqual(files.filter((file) => file.startsWith("i_")).sort());
  });
});
