import { gzip } from "node:zlib";
import type { Client } from "../../calls/client.ts";
import { CallFailure } from "../../calls/failure.ts";
import { currentSecret, type FollowedSecret } from "../../files/followed-secret.ts";
import { contained } from "../../life/boundary.ts";
import type { Outcome } from "../outcome.ts";
import { outcomeOf, outcomeOfFailure } from "./answer.ts";

export interface DeliveryConfig {
  readonly url: string;
  readonly mediaType: "application/x-protobuf" | "application/json";
  readonly isCompressed: boolean;
  readonly headers: readonly { readonly name: string; readonly value: string | FollowedSecret }[];
}

/** One request with a batch. It has no trace context: the gateway would trace its own exports for ever. */
export const createDelivery =
  ({ url, mediaType, isCompressed, headers }: DeliveryConfig, client: Client) =>
  async (encoded: Uint8Array, signal: AbortSignal): Promise<Outcome> => {
    const body = isCompressed ? await compressed(encoded) : encoded;
    const own = Object.fromEntries(
      headers.map(({ name, value }) => [name, typeof value === "string" ? value : currentSecret(value)]),
    );
    const coding: Readonly<Record<string, string>> = isCompressed ? { "content-encoding": "gzip" } : {};
    try {
      const answer = await client.call({
        url,
        method: "POST",
        headers: { "user-agent": "gatewright", ...own, "content-type": mediaType, accept: mediaType, ...coding },
        body,
        signal,
      });
      return outcomeOf(answer);
    } catch (error) {
      if (error instanceof CallFailure) return outcomeOfFailure(error);
      throw error;
    }
  };

/** In a thread of the pool: requests go on meanwhile. */
const compressed = (bytes: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    gzip(
      bytes,
      { level: 1 },
      contained({ broke: reject }, (error: Error | null, result: Uint8Array) => {
        if (error === null) resolve(result);
        else reject(error);
      }),
    );
  });
