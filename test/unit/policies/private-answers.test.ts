import { expect, it } from "vitest";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { createPrivateAnswers } from "../../../runtime/policies/security/private-answers.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

const security = { request: () => false, upstreamRequest: () => {} };
const policy = createPrivateAnswers({ security, schemes: ["inQuery"] });
const identity = (scheme: string) => ({ subject: "ann", scheme, roles: [], scopes: [] });

it.each<[string, readonly string[], string | undefined]>([
  ["a token in the query", ["inQuery"], "private"],
  ["one beside another credential, which names the caller", ["client", "inQuery"], "private"],
  ["other credentials", ["client", "inHeader"], undefined],
  ["none", [], undefined],
])("the answer to %s (RFC 6750 §2.3)", (_, schemes, expected) => {
  const [first, ...further] = schemes.map(identity);
  const x = fakeExchange();
  x.identity = first;
  x.furtherIdentities = further.length === 0 ? undefined : further;
  x.answer = { status: 200, headers: new HeaderList([]), body: undefined, source: "service" };
  policy.response(x);
  expect(x.answer.headers.get("cache-control")).toBe(expected);
});
