import type { AdminOperation } from "../../admin/route.ts";

/** What the routes of all schemes with keys say of themselves. */
export interface RouteNames {
  /** `/identity/partnerKey/keys` */
  readonly path: string;
  /** What operation ids end with. */
  readonly id: string;
}

export const routeNames = (scheme: string): RouteNames => ({
  path: `/identity/${scheme}/keys`,
  id: scheme.replaceAll(/[^A-Za-z0-9]/g, "_"),
});

export const idParameter = {
  name: "id",
  in: "path",
  required: true,
  description: "Id of the key, as lists show it; never the key itself.",
  schema: { type: "string", minLength: 1, maxLength: 64 },
};

export const listParameters: NonNullable<AdminOperation["parameters"]> = [
  {
    name: "consumer",
    in: "query",
    description: "Keys of this consumer only.",
    schema: { type: "string", minLength: 1, maxLength: 128 },
  },
  {
    name: "from",
    in: "query",
    description: "Where to go on: `next` of the part before.",
    schema: { type: "string", minLength: 1, maxLength: 64 },
  },
  { name: "limit", in: "query", description: "Keys in one part, about.", schema: { type: "integer", minimum: 1, maximum: 1000 } },
];

export const usualLimit = 100;

export const listResponses = {
  "200": { description: "A part of the keys, without their hashes; with `next` where there are more." },
};
export const keyResponses = { "200": { description: "The key, without its hash." } };
