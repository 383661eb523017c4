import type { AdminAnswer, AdminRoute } from "../../admin/route.ts";
import type { Json } from "../../life/json.ts";

/** From 0 to 1, by the name of the arm. */
export type Shares = { readonly [arm: string]: number };

/** Why shares are not changed. */
export interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** What the routes are about. */
interface Moved {
  told(): { readonly [key: string]: Json };
  /** Undefined: done; otherwise why not. */
  move(shares: Shares): Refusal | undefined | Promise<Refusal | undefined>;
}

/** Of a share, as it is written. */
export const share = { type: "string", pattern: "^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)%$" };

/** How shares are asked for and changed while the gateway runs. */
export function splitRoutes(name: string, arms: readonly string[], split: Moved): readonly AdminRoute[] {
  const path = `/splits/${name}`;
  const id = name.replaceAll(/[^A-Za-z0-9]/g, (one) => `_${one.charCodeAt(0).toString(16)}`);
  const ok = { description: "As it is now.", content: { "application/json": { schema: { type: "object" } } } };
  return [
    {
      method: "GET",
      path,
      from: "one",
      describe: {
        operationId: `splitOf_${id}`,
        summary: `Shares of the experiment ${name}, and its users`,
        responses: { 200: ok },
      },
      answer: () => ({ status: 200, json: split.told() }),
    },
    {
      method: "PUT",
      path,
      from: "one",
      describe: {
        operationId: `setSplit_${id}`,
        summary: `Changes shares of the experiment ${name} in all workers, until the gateway is started anew`,
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object",
                minProperties: 1,
                additionalProperties: false,
                properties: Object.fromEntries(arms.map((arm) => [arm, share])),
              },
            },
          },
        },
        responses: { 200: ok, 409: { description: "The shares are together more than 100%." } },
      },
      async answer({ body }) {
        // The admin listener has validated it.
        const written = Object.entries(body as { readonly [arm: string]: string });
        const moved = Object.fromEntries(written.map(([arm, text]) => [arm, Number(text.slice(0, -1)) / 100]));
        const refusal = await split.move(moved);
        return refusal === undefined ? { status: 200, json: split.told() } : problemAnswer(refusal);
      },
    },
  ];
}

/** Problem details (RFC 9457). */
export const problemAnswer = ({ status, title, detail }: Refusal): AdminAnswer => ({
  status,
  text: `${JSON.stringify({ title, status, detail })}\n`,
  mediaType: "application/problem+json",
});

/** Undefined: the arms can have these shares. */
export function whyNot(arms: readonly string[], shares: readonly number[]): string | undefined {
  const sum = shares.reduce((all, share) => all + share, 0);
  // Ten thousandths of a percent add up with an error that is far smaller.
  return sum <= 1 + 1e-9 ? undefined : `Together they would be ${percent(sum)}. Give less to one of ${arms.join(", ")}.`;
}

/** `orders-next 5%, orders 95%` */
export const sharesText = (names: readonly string[], shares: readonly number[]): string =>
  names.flatMap((name, index) => (shares[index] === undefined ? [] : [`${name} ${percent(shares[index])}`])).join(", ");

export const percent = (share: number): string => `${Number((share * 100).toFixed(4))}%`;
