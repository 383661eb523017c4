/** JSON Schema 2020-12, alone or with the vocabulary of OpenAPI. */
export const isKnownDialect = (dialect: string): boolean => known2020.test(dialect);
const known2020 = /^https:\/\/(json-schema\.org\/draft\/2020-12\/schema|spec\.openapis\.org\/oas\/3\.\d\/)/;
