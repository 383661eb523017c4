import { describe, expect, it } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createRespond } from "../../../runtime/policies/respond/index.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

describe("respond", () => {
  const policy = createRespond({
    status: 503,
    headers: [{ name: "Retry-After", value: "60" as StartValue }],
    body: "closed" as StartValue,
  });

  it("answers with the fixed content", () => {
    const x = fakeExchange();
    expect(policy.request(x)).toBe(true);
    expect(x.answer).toMatchObject({ status: 503, body: "closed", source: "respond" });
    expect(x.answer!.headers.lines).toEqual(["Retry-After", "60"]);
  });

  it("gives each exchange field lines of its own", () => {
    const first = fakeExchange();
    policy.request(first);
    first.answer!.headers.set("Retry-After", "1");
    const second = fakeExchange();
    policy.request(second);
    expect(second.answer!.headers.get("retry-after")).toBe("60");
  });

  it("refuses a value from the environment that is no field value", () => {
    expect(() =>
      createRespond({ status: 200, headers: [{ name: "X-A", value: "a\nb" as StartValue }], body: "" as StartValue }),
    ).toThrow("U+000A");
  });
});
