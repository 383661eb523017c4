import { describe, expect, it } from "vitest";
import { compileReader, type Reader } from "./readers.ts";

const query = (name: string, schema: unknown, more: object = {}): object => ({ name, in: "query", schema, ...more });
const keywords = (reader: Reader, text: string): string[] =>
  reader.read({ query: text }).violations.map(({ keyword, pointer }) => (pointer === "" ? keyword : `${keyword} ${pointer}`));

describe("types", () => {
  it("reads integers, numbers, booleans and text", async () => {
    const { read } = await compileReader([
      query("limit", { type: "integer" }),
      query("ratio", { type: "number" }),
      query("all", { type: "boolean" }),
      query("q", { type: "string" }),
    ]);
    expect(read({ query: "limit=20&ratio=1e3&all=true&q=a+b%2Cc" }).values?.query).toEqual({
      limit: 20,
      ratio: 1000,
      all: true,
      q: "a b,c",
    });
    expect(read({ query: "limit=-0&ratio=-0" }).values?.query).toEqual({ limit: 0, ratio: 0 });
    expect(read({ query: "limit=%32%30&all=%74rue" }).values?.query).toMatchObject({ limit: 20, all: true });
  });

  it.each(["1.0", "1e3", "+1", "01", "-", "", "0x10", " 1", "1 ", "--1", "1_000", "٣", "Infinity", "NaN", "null"])(
    "takes %j for no integer",
    async (text) => {
      const reader = await compileReader([query("limit", { type: "integer" })]);
      expect(reader.read({ query: `limit=${encodeURIComponent(text)}` }).violations).toEqual([
        { in: "query", name: "limit", pointer: "", keyword: "type", message: "must be an integer" },
      ]);
    },
  );

  it.each(["1.", ".5", "1e", "1e400", "-1e400", "0x1", "Infinity", "", "1,5", "00"])("takes %j for no number", async (text) => {
    const reader = await compileReader([query("ratio", { type: "number" })]);
    expect(keywords(reader, `ratio=${encodeURIComponent(text)}`)).toEqual(["type"]);
  });

  it("takes nothing but true and false for a boolean", async () => {
    const reader = await compileReader([query("all", { type: "boolean" })]);
    for (const text of ["True", "1", "yes", "on", "", "null"]) expect(keywords(reader, `all=${text}`)).toEqual(["type"]);
    expect(keywords(reader, "all")).toEqual(["type"]);
  });

  it("reads integers that no double holds as bigints, and refuses those beyond int64 and beyond doubles", async () => {
    const reader = await compileReader([
      query("id", { type: "integer" }),
      query("big", { type: "integer", format: "int64" }),
      query("text", { type: "string", format: "int64" }),
    ]);
    expect(reader.read({ query: "id=9007199254740993" }).values?.query.id).toBe(9007199254740993n);
    expect(reader.read({ query: "id=-123456789012345678901234567890" }).values?.query.id).toBe(-123456789012345678901234567890n);
    expect(reader.read({ query: "big=9223372036854775807" }).values?.query.big).toBe(9223372036854775807n);
    expect(keywords(reader, "big=9223372036854775808")).toEqual(["format"]);
    expect(reader.read({ query: "text=9007199254740993" }).values?.query.text).toBe("9007199254740993");
    expect(keywords(reader, "big=92233720368547758080")).toEqual(["format"]);
    expect(keywords(reader, `id=${"9".repeat(400)}`)).toEqual(["type"]);
    expect(keywords(reader, "text=9223372036854775808")).toEqual(["format"]);
  });

  it("tries null, boolean, integer, number and text in this order", async () => {
    const { read } = await compileReader([query("v", { type: ["string", "number", "integer", "boolean", "null"] })]);
    const typed = (text: string): unknown => read({ query: `v=${text}` }).values?.query.v;
    expect(["null", "true", "12", "1.5", "abc", ""].map(typed)).toEqual([null, true, 12, 1.5, "abc", ""]);
  });

  it("takes an empty text for null where no text is allowed", async () => {
    const reader = await compileReader([query("v", { type: ["integer", "null"] })]);
    expect(reader.read({ query: "v=" }).values?.query).toEqual({ v: null });
  });

  it("leaves text as text where the schema refuses what it could be", async () => {
    const { read } = await compileReader([
      query("v", {
        anyOf: [
          { type: "integer", maximum: 5 },
          { type: "string", minLength: 2 },
        ],
      }),
    ]);
    expect(read({ query: "v=5" }).values?.query.v).toBe(5);
    expect(read({ query: "v=10" }).values?.query.v).toBe("10");
    expect(read({ query: "v=x" }).violations.length).toBeGreaterThan(0);
  });

  it("knows null in an enum of 3.0 and types of enum values", async () => {
    const { read } = await compileReader(
      [
        query("v", { type: "string", nullable: true, enum: ["a", null] }),
        query("n", { enum: [1, 2] }),
        query("yes", { enum: ["no", "on", "null"] }),
      ],
      { openapi: "3.0.3" },
    );
    expect(read({ query: "v=null" }).values?.query.v).toBe(null);
    expect(read({ query: "v=a&n=2&yes=null" }).values?.query).toEqual({ v: "a", n: 2, yes: "null" });
    expect(read({ query: "v=b" }).violations).toHaveLength(1);
    expect(read({ query: "n=3" }).violations.map(({ message }) => message)).toEqual(["must be one of 1, 2"]);
  });

  it("follows references, allOf and oneOf", async () => {
    const components = {
      schemas: { Id: { type: "integer" }, Small: { allOf: [{ $ref: "#/components/schemas/Id" }, { maximum: 9 }] } },
    };
    const reader = await compileReader(
      [
        query("id", { $ref: "#/components/schemas/Small" }),
        query("ids", { type: "array", items: { $ref: "#/components/schemas/Small" } }),
      ],
      { components },
    );
    expect(reader.read({ query: "id=9&ids=1&ids=2" }).values?.query).toEqual({ id: 9, ids: [1, 2] });
    expect(keywords(reader, "id=10&ids=1&ids=11&ids=x")).toEqual(["maximum", "type /2"]);
    expect(keywords(reader, "ids=1&ids=11")).toEqual(["maximum /1"]);
  });

  it("counts characters, not code units", async () => {
    const reader = await compileReader([query("v", { type: "string", minLength: 2, maxLength: 3 })]);
    expect(reader.read({ query: `v=${encodeURIComponent("😀😀😀")}` }).violations).toEqual([]);
    expect(keywords(reader, `v=${encodeURIComponent("😀")}`)).toEqual(["minLength"]);
    expect(keywords(reader, `v=${encodeURIComponent("😀😀😀😀")}`)).toEqual(["maxLength"]);
  });
});

describe("presence", () => {
  it("fills in defaults and asks for what is required", async () => {
    const reader = await compileReader([
      query("limit", { type: "integer", default: 20 }),
      query("sort", { type: "string" }, { required: true }),
      { name: "X-Key", in: "header", required: true, schema: { type: "string" } },
    ]);
    expect(reader.read({ query: "sort=a", headers: ["x-KEY", "k"] }).values).toEqual({
      path: {},
      query: { limit: 20, sort: "a" },
      header: { "X-Key": "k" },
      cookie: {},
    });
    expect(reader.read({}).violations).toEqual([
      { in: "query", name: "sort", pointer: "", keyword: "required", message: "must be there" },
      { in: "header", name: "X-Key", pointer: "", keyword: "required", message: "must be there" },
    ]);
  });

  it("refuses a name that is repeated, however it is spelt", async () => {
    const reader = await compileReader([query("limit", { type: "integer" })]);
    expect(keywords(reader, "limit=1&limit=1")).toEqual(["repeated"]);
    expect(keywords(reader, "limit=1&%6Cimit=2")).toEqual(["repeated"]);
    expect(keywords(reader, "&&limit=1&")).toEqual([]);
  });

  it("reads a name without a value as an empty text", async () => {
    const reader = await compileReader([
      query("flag", { type: "string" }),
      query("on", { type: "boolean" }, { allowEmptyValue: true }),
      query("ids", { type: "array", items: { type: "integer" } }, { allowEmptyValue: true }),
    ]);
    expect(reader.read({ query: "flag&on&ids" }).values?.query).toEqual({ flag: "", on: undefined, ids: [] });
    expect(reader.read({ query: "on=true&ids=1" }).values?.query).toEqual({ flag: undefined, on: true, ids: [1] });
    expect(keywords(reader, "on=maybe")).toEqual(["type"]);
  });

  it("refuses malformed escapes of what is declared", async () => {
    const reader = await compileReader([
      query("q", { type: "string" }),
      query("tags", { type: "array", items: { type: "string" } }),
    ]);
    for (const text of ["%", "%2", "%zz", "%C3", "%FF", "%C0%AF", "%ED%A0%80"])
      expect(keywords(reader, `q=${text}`)).toEqual(["encoding"]);
    expect(keywords(reader, "tags=a&tags=%C3")).toEqual(["encoding /1"]);
    expect(keywords(reader, "other=%")).toEqual([]);
  });

  it("prints no object where nobody asks for values", async () => {
    const { text, read } = await compileReader([query("limit", { type: "integer" })], { withoutValues: true });
    expect(text).not.toContain("x.values");
    expect(read({ query: "limit=1" })).toEqual({ violations: [], reported: [] });
  });
});

describe("names", () => {
  const names = ["page-size", "filter[name]", "$top", "größe", "a.b", "a b", "__proto__", "constructor", "x+y", "100%", "名"];

  it("takes any text for the name of a query parameter", async () => {
    const { read } = await compileReader(names.map((name) => query(name, { type: "integer" }, { required: true })));
    const sent = names.map((name, index) => `${encodeURIComponent(name)}=${index}`).join("&");
    const { values, violations } = read({ query: sent });
    expect(violations).toEqual([]);
    expect(names.map((name) => Object.getOwnPropertyDescriptor(values!.query, name)?.value as number)).toEqual(
      names.map((_, index) => index),
    );
    expect(read({ query: "" }).violations.map(({ name }) => name)).toEqual(names);
    expect(read({ query: "filter[name]=1&$top=x" }).violations.find(({ keyword }) => keyword === "type")?.name).toBe("$top");
  });

  it("takes any text for the name of a path parameter", async () => {
    const { read } = await compileReader(
      [
        { name: "order-id", in: "path", required: true, schema: { type: "integer" } },
        { name: "größe", in: "path", required: true, style: "matrix", schema: { type: "string" } },
      ],
      { template: "/v1/$metadata/{order-id}/{größe}" },
    );
    expect(read({ path: "/v1/$metadata/7/;gr%C3%B6%C3%9Fe=a%2Fb" }).values?.path).toEqual({ "order-id": 7, größe: "a/b" });
  });
});

describe("unknown query parameters", () => {
  const parameters = [
    query("limit", { type: "integer" }),
    query("filter", { type: "object", properties: { a: { type: "string" } } }, { style: "deepObject", explode: true }),
  ];

  it("are refused, or only named, or allowed", async () => {
    const { read } = await compileReader(parameters, { unknown: "refuse", known: ["api_key"] });
    expect(read({ query: "limit=1&filter[a]=x&filter%5Bb%5D=y&api_key=k" }).violations).toEqual([]);
    expect(read({ query: "lmit=1&%zz=1" }).violations).toEqual([
      { in: "query", name: "lmit", pointer: "", keyword: "unknown", message: "is not a parameter of this operation" },
      { in: "query", name: "%zz", pointer: "", keyword: "unknown", message: "is not a parameter of this operation" },
    ]);
    const warning = await compileReader(parameters, { unknown: "warn", known: ["api_key"] });
    expect(warning.read({ query: "lmit=1&limit=2&api_key=k" })).toMatchObject({
      violations: [],
      reported: ["urn:gatewright:problem:unknown-query"],
    });
    const allowing = await compileReader(parameters);
    expect(allowing.read({ query: "lmit=1" })).toMatchObject({ violations: [], reported: [] });
  });

  it("are refused where an operation declares none", async () => {
    const { read } = await compileReader([], { unknown: "refuse" });
    expect(read({ query: "" }).violations).toEqual([]);
    expect(read({ query: "a=1" }).violations).toHaveLength(1);
  });

  it("belong to an object that says it takes them", async () => {
    const { read, codes } = await compileReader(
      [query("limit", { type: "integer" }), query("rest", { type: "object", additionalProperties: { type: "integer" } })],
      { unknown: "refuse" },
    );
    expect(read({ query: "limit=1&a=2&b=3" }).values?.query).toEqual({ limit: 1, rest: { a: 2, b: 3 } });
    expect(read({ query: "a=x" }).violations).toEqual([
      { in: "query", name: "rest", pointer: "/a", keyword: "type", message: "must be an integer" },
    ]);
    expect(codes).toEqual([]);
  });
});

describe("styles", () => {
  it("splits before it decodes, except at commas, which many clients escape", async () => {
    const list = { type: "array", items: { type: "string" } };
    const { read } = await compileReader([
      query("form", list, { explode: false }),
      query("pipe", list, { style: "pipeDelimited" }),
      query("space", list, { style: "spaceDelimited" }),
    ]);
    expect(read({ query: "form=a%2Cb,c&pipe=a,b|c%7Cd&space=a+b%20c,d" }).values?.query).toEqual({
      // URL Standard §5.2: URLSearchParams writes every comma as %2C, so services decode before they split.
      form: ["a", "b", "c"],
      pipe: ["a,b", "c", "d"],
      space: ["a", "b", "c,d"],
    });
  });

  it("leaves a plus sign alone where reserved characters are allowed, and in paths, fields and cookies", async () => {
    const text = { type: "string" };
    const { read } = await compileReader([
      { name: "id", in: "path", required: true, schema: text },
      query("a", text),
      query("b", text, { allowReserved: true }),
      { name: "X-A", in: "header", schema: text },
      { name: "c", in: "cookie", schema: text },
    ]);
    const { values } = read({ path: "/1+1", query: "a=1+1%2B1&b=1+1%20/?:@1", headers: ["X-A", "1+1%20", "Cookie", "c=1+1%20"] });
    expect(values).toEqual({
      path: { id: "1+1" },
      query: { a: "1 1+1", b: "1+1 /?:@1" },
      header: { "X-A": "1+1%20" },
      cookie: { c: "1+1 " },
    });
  });

  it("joins the lines of one field and trims items", async () => {
    const { read } = await compileReader([
      { name: "X-Ids", in: "header", schema: { type: "array", items: { type: "integer" } } },
    ]);
    expect(read({ headers: ["X-Ids", "1 , 2", "x-ids", "3"] }).values?.header).toEqual({ "X-Ids": [1, 2, 3] });
  });

  it("reads cookies from all lines and refuses one that comes twice", async () => {
    const { read } = await compileReader([
      { name: "sid", in: "cookie", schema: { type: "string" } },
      { name: "n", in: "cookie", schema: { type: "integer" } },
    ]);
    expect(read({ headers: ["Cookie", "other=1; sid=a=b;n=2"] }).values?.cookie).toEqual({ sid: "a=b", n: 2 });
    expect(read({ headers: ["Cookie", "sid=a", "cookie", "n=3"] }).values?.cookie).toEqual({ sid: "a", n: 3 });
    expect(read({ headers: ["Cookie", "sid=a; sid=b"] }).violations).toMatchObject([
      { in: "cookie", name: "sid", keyword: "repeated" },
    ]);
  });

  it("reads arrays and objects out of an exploded cookie, and says that it is undefined", async () => {
    const { read, codes } = await compileReader([
      { name: "ids", in: "cookie", schema: { type: "array", items: { type: "integer" } } },
    ]);
    expect(codes).toEqual(["parameters/undefined-serialisation"]);
    expect(read({ headers: ["Cookie", "ids=1; ids=2"] }).values?.cookie).toEqual({ ids: [1, 2] });
  });

  it("reads JSON from content, strictly encoded", async () => {
    const { read } = await compileReader([
      {
        name: "filter",
        in: "query",
        content: { "application/json": { schema: { type: "object", required: ["a"], properties: { a: { type: "integer" } } } } },
      },
    ]);
    expect(read({ query: `filter=${encodeURIComponent('{"a":1,"b":"+"}')}` }).values?.query).toEqual({
      filter: { a: 1, b: "+" },
    });
    expect(read({ query: "filter={}" }).violations).toMatchObject([{ name: "filter", pointer: "", keyword: "required" }]);
    expect(read({ query: "filter={" }).violations).toMatchObject([{ keyword: "content" }]);
    expect(read({ query: "filter=%7B%" }).violations).toMatchObject([{ keyword: "encoding" }]);
  });

  it("reads brackets behind brackets and arrays in brackets, as clients write them", async () => {
    const schema = {
      type: "object",
      properties: {
        a: { type: "object", properties: { b: { type: "integer" } } },
        tags: { type: "array", items: { type: "string" } },
      },
    };
    const { read, codes } = await compileReader([
      query("f", schema, { style: "deepObject", explode: true }),
      query("expand", { type: "array", items: { type: "string" } }, { style: "deepObject", explode: true }),
    ]);
    expect(codes).toEqual(["parameters/undefined-serialisation", "parameters/undefined-serialisation"]);
    expect(read({ query: "f[a][b]=1&f[tags][]=x&f[tags][]=y&expand[]=p&expand[]=q" }).values?.query).toEqual({
      f: { a: { b: 1 }, tags: ["x", "y"] },
      expand: ["p", "q"],
    });
    expect(read({ query: "f[tags]=x&f[tags]=y&expand[1]=q&expand[0]=p" }).values?.query).toEqual({
      f: { tags: ["x", "y"] },
      expand: ["p", "q"],
    });
    expect(read({ query: "expand=p&expand=q" }).values?.query.expand).toEqual(["p", "q"]);
    expect(read({ query: "f[a]=1" }).violations).toMatchObject([{ name: "f", pointer: "/a", keyword: "style" }]);
    expect(read({ query: "f[a][b]=x" }).violations).toMatchObject([{ name: "f", keyword: "type" }]);
    for (const text of ["f[a=1", "f[a]b=1", "f[[a]]=1", `f${"[a]".repeat(40)}=1`])
      expect(read({ query: text }).violations.length, text).toBeGreaterThan(0);
  });

  it("does not take a prototype for a property", async () => {
    const { read } = await compileReader([
      query("f", { type: "object", additionalProperties: { type: "string" } }, { style: "deepObject", explode: true }),
      query("g", { type: "object", additionalProperties: { type: "string" } }, { explode: false }),
    ]);
    const { values } = read({ query: "f[__proto__]=x&g=__proto__,y" });
    expect(Object.keys(values!.query.f as object)).toEqual(["__proto__"]);
    expect(Object.keys(values!.query.g as object)).toEqual(["__proto__"]);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it("refuses a value that comes as text and in brackets at once", async () => {
    const { read } = await compileReader([
      query(
        "created",
        { anyOf: [{ type: "integer" }, { type: "object", properties: { gte: { type: "integer" } } }] },
        { style: "deepObject", explode: true },
      ),
    ]);
    expect(read({ query: "created=5" }).values?.query).toEqual({ created: 5 });
    expect(read({ query: "created[gte]=5" }).values?.query).toEqual({ created: { gte: 5 } });
    expect(read({ query: "created=5&created[gte]=5" }).violations).toHaveLength(1);
    expect(read({ query: "created[gte]=x" }).violations).toMatchObject([{ keyword: "type" }]);
  });

  it("reads several parameters of one segment", async () => {
    const integer = { type: "integer" };
    const { read } = await compileReader(
      ["from", "to", "format"].map((name) => ({
        name,
        in: "path",
        required: true,
        schema: name === "format" ? { enum: ["csv", "json"] } : integer,
      })),
      { template: "/r/{from}-{to}/x.{format}" },
    );
    expect(read({ path: "/r/1-22/x.csv" }).values?.path).toEqual({ from: 1, to: 22, format: "csv" });
    expect(read({ path: "/r/1-22/x.xml" }).violations).toMatchObject([{ in: "path", name: "format", keyword: "enum" }]);
    expect(read({ path: "/r/a-b/x.csv" }).violations.map(({ name }) => name)).toEqual(["from", "to"]);
  });
});
