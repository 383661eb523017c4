import type { AdminAnswer } from "./route.ts";

/** A refusal as problem details (RFC 9457); `detail` names what to do. */
export interface AdminRefusal {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const problemAnswer = ({ status, title, detail }: AdminRefusal): AdminAnswer => ({
  status,
  text: `${JSON.stringify({ title, status, detail })}\n`,
  mediaType: "application/problem+json",
});
