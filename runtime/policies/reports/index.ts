import type { AdminAnswer, AdminRoute } from "../../admin/route.ts";
import { problemType } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import { jsonText } from "../../log/json-text.ts";
import { isFounded, problemText, reportsText } from "../../log/reasons.ts";

/** Requests that are kept, in each worker; the oldest gives way. */
const most = 1_000;
/** Characters of a line; of a request that has more wrong with it, nothing is kept. */
const longest = 16_384;

export const createReports = (): Reports => new Reports();

/**
 * Keeps what was found wrong with the last requests and answers, as lines of an access log that hold nothing else: places
 * and names, never a value and no path.
 */
class Reports {
  readonly adminRoutes: readonly AdminRoute[];
  /** A ring; `#next` is where the oldest is once it is full. */
  readonly #lines: string[] = [];
  #next = 0;

  constructor() {
    this.adminRoutes = [
      {
        method: "GET",
        path: "/reports",
        from: "all",
        describe: {
          operationId: "getReports",
          summary: "What was found wrong with the last requests and answers",
          responses: {
            200: {
              description: "Lines of an access log, the oldest first in each worker.",
              content: { "application/x-ndjson": { schema: { type: "string" } } },
            },
          },
        },
        answer: () => lines([...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)].map((line) => `${line}\n`)),
        merge: (answers) => lines(answers.map((answer) => ("text" in answer ? answer.text : ""))),
      },
      {
        method: "DELETE",
        path: "/reports",
        from: "all",
        describe: {
          operationId: "clearReports",
          summary: "Forgets them, as after the spec was corrected",
          responses: {
            200: { description: "How many there were.", content: { "application/json": { schema: { type: "object" } } } },
          },
        },
        answer: () => {
          this.#next = 0;
          return { status: 200, json: { removed: this.#lines.splice(0).length } };
        },
        merge: (answers) => ({ status: 200, json: { removed: answers.reduce((sum, answer) => sum + removedOf(answer), 0) } }),
      },
    ];
  }

  done(x: Exchange): void {
    const { answer, reports } = x;
    const problem = answer?.problem;
    const isRefused = problem !== undefined && isFounded(problem);
    if (!isRefused && reports.length === 0) return;
    let line = `{"time":"${new Date(clock.wall()).toISOString()}",`;
    if (x.requestId !== "") line += `"requestId":${jsonText(x.requestId)},`;
    line += `"method":${jsonText(x.method)},"operation":${jsonText(x.operation.id)},`;
    if (isRefused) line += `"problem":${jsonText(problemType(problem))},${problemText(problem)}`;
    if (answer !== undefined) line += `"status":${answer.status},"source":${jsonText(answer.source)},`;
    line += `"reports":${reportsText(reports)}}`;
    if (line.length > longest) return;
    if (this.#lines.length < most) this.#lines.push(line);
    else {
      this.#lines[this.#next] = line;
      this.#next = (this.#next + 1) % most;
    }
  }
}

const lines = (texts: readonly string[]): AdminAnswer => ({
  status: 200,
  text: texts.join(""),
  mediaType: "application/x-ndjson",
});

const removedOf = (answer: AdminAnswer): number =>
  // What the route above answers.
  "json" in answer ? (answer.json as { readonly removed: number }).removed : 0;
