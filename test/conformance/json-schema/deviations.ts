const annotation = "formats are enforced: OpenAPI specs are written in the belief that they are";
const tuple = "OpenAPI 3.0 has no list of schemas under `items`, nor `additionalItems`";
const id = "OpenAPI 3.0 has no `id`";

/** Where emitted validators answer otherwise than the suite asks, by the beginning of a case's name, each with the reason. */
export const requiredDeviations: Readonly<Record<string, string>> = {
  "format.json | ": annotation,
  "vocabulary.json | schema that uses custom metaschema with with no validation vocabulary | ":
    "every keyword of 2020-12 is enforced whatever vocabulary `$schema` declares; another dialect than 2020-12 is a warning",
};

export const formatDeviations: Readonly<Record<string, string>> = {};

export const oldDeviations: Readonly<Record<string, string>> = {
  "items.json | an array of schemas for items | ": tuple,
  "items.json | items and subitems | ": tuple,
  "ref.json | relative pointer ref to array | ": tuple,
  "uniqueItems.json | uniqueItems with an array of items and additionalItems=false | ": tuple,
  "uniqueItems.json | uniqueItems=false with an array of items and additionalItems=false | ": tuple,
  "ref.json | $ref prevents a sibling id from changing the base uri | ": id,
  "ref.json | Recursive references between schemas | ": id,
  "ref.json | Location-independent identifier": id,
  "ref.json | id must be resolved against nearest parent, not just immediate parent | ": id,
  "ref.json | remote ref, containing refs itself | ": "the meta-schema of draft 4 has another dialect, and nothing is fetched",
};
