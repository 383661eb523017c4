const downloads = "a build downloads nothing, and the gateway cannot do without the scheme behind that reference";

/** Documents that the OpenAPI schema lets pass and a gateway cannot accept: the errors, and why they are right. */
export const passRefused: Readonly<Record<string, { readonly errors: readonly string[]; readonly because: string }>> = {
  "v3.1/security-scheme-object-examples.yaml": {
    errors: ["load/remote-ref 'https://example.com/api/openapi.json#/components/externalDocs/ThingExternalDocs'"],
    because: downloads,
  },
  "v3.2/security-scheme-object-examples.yaml": {
    errors: ["load/remote-ref 'https://example.com/api/openapi.json#/components/externalDocs/ThingExternalDocs'"],
    because: downloads,
  },
};

const examples = "examples are for readers; the gateway does not look at them";
const reserved =
  "`allowReserved` says how clients write a value; where it has no meaning it has no effect, and the value is read all the same";
const encodings = "the parts of such a body are not enforced, which `load/newer-openapi` says";
const xml = "XML bodies are not enforced, so how they would be written has no effect";

/** Documents that the OpenAPI schema refuses and the loader does not, each with the reason. A document that heals fails. */
export const failNotRefused: Readonly<Record<string, string>> = {
  "encoding-enc-item-exclusion.yaml": encodings,
  "encoding-enc-prefix-exclusion.yaml": encodings,
  "example-examples.yaml": examples,
  "example-object-old-exclusions.yaml": examples,
  "example-object-old-vs-data.yaml": examples,
  "example-object-old-vs-ser.yaml": examples,
  "example-object-ser-exclusions.yaml": examples,
  "header-object-allowReserved.yaml": reserved,
  "header-object-name.yaml": "a response without a field of that name is what every response is; requests cannot be affected",
  "link-object-no-body.yaml": "links are for clients; the gateway does not look at them",
  "media-type-enc-item-exclusion.yaml": encodings,
  "media-type-enc-prefix-exclusion.yaml": encodings,
  "parameter-object-content-not-with-style.yaml": "`content` says how the value is written, and `style` beside it has no effect",
  "parameter-object-cookie-allowReserved.yaml": reserved,
  "parameter-object-cookie-form-allowReserved.yaml": reserved,
  "parameter-object-header-allowReserved.yaml": reserved,
  "parameter-object-path-allowReserved.yaml": reserved,
  "parameter-object-querystring-not-with-schema.yaml":
    "the value of the whole query is not enforced, which `load/newer-openapi` says",
  "server_enum_empty.yaml": "the gateway takes the default of a server variable and never offers a choice",
  "xml-attr-exclusion.yaml": xml,
  "xml-wrapped-exclusion.yaml": xml,
};
