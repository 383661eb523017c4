// Generated specs that look like those of real services: schemas that refer to each other, parameters, bodies, errors.
const string = (more = {}) => ({ type: "string", ...more });
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema, description = "ok") => ({ description, content: { "application/json": { schema } } });

const shared = {
  Money: {
    type: "object",
    required: ["amount", "currency"],
    properties: { amount: { type: "integer", minimum: 0 }, currency: string({ pattern: "^[A-Z]{3}$" }) },
  },
  Address: {
    type: "object",
    required: ["street", "city", "country"],
    properties: {
      street: string({ minLength: 1, maxLength: 200 }),
      city: string({ minLength: 1, maxLength: 100 }),
      postalCode: string({ maxLength: 12 }),
      country: string({ enum: ["DE", "FR", "JP", "US"] }),
    },
  },
  Person: {
    type: "object",
    required: ["id", "email"],
    properties: {
      id: string({ format: "uuid" }),
      email: string({ format: "email" }),
      name: string({ maxLength: 100 }),
      address: ref("Address"),
      manager: ref("Person"),
    },
  },
  Problem: {
    type: "object",
    required: ["title", "status"],
    properties: {
      type: string({ format: "uri-reference" }),
      title: string(),
      status: { type: "integer", minimum: 400, maximum: 599 },
      detail: string(),
      fields: { type: "array", items: { type: "object", properties: { name: string(), reason: string() } } },
    },
  },
};

const parameters = {
  page: { name: "page", in: "query", schema: { type: "integer", minimum: 1, default: 1 } },
  perPage: { name: "per_page", in: "query", schema: { type: "integer", minimum: 1, maximum: 100, default: 30 } },
  sort: { name: "sort", in: "query", schema: string({ enum: ["created", "updated", "name"] }) },
  labels: { name: "labels", in: "query", style: "form", explode: false, schema: { type: "array", items: string() } },
};

/** Three component schemas for one resource, eleven properties wide. */
function resourceSchemas(index) {
  const fields = {
    name: string({ minLength: 1, maxLength: 100, description: `What people call resource ${index}.` }),
    state: string({ enum: ["draft", "active", `archived-${index}`] }),
    priority: { type: "integer", minimum: 0, maximum: 10 + index },
    price: ref("Money"),
    owner: ref("Person"),
    labels: { type: "array", maxItems: 20, uniqueItems: true, items: string({ maxLength: 50 }) },
    settings: { type: "object", additionalProperties: { oneOf: [string(), { type: "number" }, { type: "boolean" }] } },
    reference: string({ pattern: `^R${index}-[0-9]{4,8}$` }),
  };
  return {
    [`Resource${index}Input`]: { type: "object", required: ["name", "state"], additionalProperties: false, properties: fields },
    [`Resource${index}`]: {
      type: "object",
      required: ["id", "name", "state", "createdAt"],
      properties: {
        id: string({ format: "uuid", readOnly: true }),
        createdAt: string({ format: "date-time", readOnly: true }),
        parent: ref(`Resource${Math.max(0, index - 1)}`),
        ...fields,
      },
    },
    [`Resource${index}Page`]: {
      type: "object",
      required: ["items", "total"],
      properties: { items: { type: "array", items: ref(`Resource${index}`) }, total: { type: "integer", minimum: 0 } },
    },
  };
}

/** A spec with `count` operations, five to a resource, as indented JSON. */
export function realisticSpec(count) {
  const schemas = { ...shared };
  const paths = {};
  const failed = { default: { $ref: "#/components/responses/Problem" } };
  const id = { name: "id", in: "path", required: true, schema: string({ format: "uuid" }) };
  for (let index = 0; index * 5 < count; index++) {
    const [one, page, input] = [ref(`Resource${index}`), ref(`Resource${index}Page`), ref(`Resource${index}Input`)];
    Object.assign(schemas, resourceSchemas(index));
    const body = { requestBody: { required: true, content: { "application/json": { schema: input } } } };
    const operation = (verb, responses, more = {}) => ({
      operationId: `${verb}Resource${index}`,
      summary: `${verb} resource ${index}`,
      tags: [verb],
      ...more,
      responses: { ...responses, ...failed },
    });
    const listed = Object.keys(parameters).map((name) => ({ $ref: `#/components/parameters/${name}` }));
    paths[`/resource-${index}`] = {
      get: operation("list", { 200: json(page) }, { parameters: listed }),
      post: operation("create", { 201: json(one) }, body),
    };
    paths[`/resource-${index}/{id}`] = {
      parameters: [id],
      get: operation("get", { 200: json(one) }),
      put: operation("replace", { 200: json(one) }, body),
      delete: operation("drop", { 204: { description: "gone" } }),
    };
  }
  const document = {
    openapi: "3.1.0",
    info: { title: "Bench", version: "1" },
    security: [{ key: [] }],
    paths,
    components: {
      schemas,
      parameters,
      responses: { Problem: { description: "refused", content: { "application/problem+json": { schema: ref("Problem") } } } },
      securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Api-Key" } },
    },
  };
  return JSON.stringify(document, undefined, 2);
}
