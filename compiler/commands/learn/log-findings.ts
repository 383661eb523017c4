/** One kind of thing that was wrong, as often as the log has it. */
export interface LogFinding {
  /** Id of the operation: `orders.v1.createOrder`. */
  readonly operation: string;
  readonly policy: string;
  /** What the gateway answered, or would have. */
  readonly refusal: number;
  /** Last part of the problem type: `invalid-request`. */
  readonly problem: string;
  /** Of the answer that was wrong; undefined where the request was. */
  readonly answered: number | undefined;
  readonly violation: LoggedViolation | undefined;
  count: number;
  /** Of them, those that were refused and not only reported. */
  refused: number;
  readonly example: LogExample;
}

/** As the access log has it: places and names, never a value. */
export interface LoggedViolation {
  readonly in: string;
  readonly name?: string;
  readonly pointer: string;
  readonly keyword: string;
  readonly property?: string;
  readonly found?: string;
}

/** The first request that showed it, to look it up. */
export interface LogExample {
  readonly time?: string;
  readonly method?: string;
  readonly requestId?: string;
}

interface LogLine {
  readonly [key: string]: unknown;
}

/** Adds up what lines of an access log say of requests and answers that were not as the spec says. */
export class LogFindings {
  readonly #findings = new Map<string, LogFinding>();
  requests = 0;
  /** Lines that are no lines of an access log. */
  others = 0;

  get list(): readonly LogFinding[] {
    return [...this.#findings.values()];
  }

  /** Collectors of logs put a time or a name in front of a line. */
  add(text: string): void {
    if (text.trim() === "") return;
    const line = parsed(text.slice(Math.max(0, text.indexOf("{"))));
    if (typeof line?.operation !== "string") {
      this.others++;
      return;
    }
    this.requests++;
    for (const report of listOf(line.reports)) {
      const { policy, status, type, violations } = report as LogLine;
      this.#note(line, { policy: textOf(policy), status: Number(status), type: textOf(type), violations, isRefused: false });
    }
    if (typeof line.problem === "string" && violationsOf(line.violations).length > 0) {
      const { source, status, problem, violations } = line;
      this.#note(line, { policy: textOf(source), status: Number(status), type: problem, violations, isRefused: true });
    }
  }

  #note(line: LogLine, told: Told): void {
    const problem = told.type.slice(told.type.lastIndexOf(":") + 1);
    const status = Number(line.status);
    // A refused answer has the status of the refusal, and what it had before is not known.
    const answered = problem !== "invalid-answer" ? undefined : told.isRefused ? 0 : status;
    const violations = violationsOf(told.violations);
    for (const violation of violations.length === 0 ? [undefined] : violations) {
      const place = violation === undefined ? undefined : { ...violation, pointer: withoutIndices(violation.pointer) };
      const key = JSON.stringify([line.operation, told.policy, told.status, problem, answered, place]);
      const known = this.#findings.get(key);
      if (known !== undefined) {
        known.count++;
        if (told.isRefused) known.refused++;
        continue;
      }
      this.#findings.set(key, {
        operation: line.operation as string,
        policy: told.policy,
        refusal: told.status,
        problem,
        answered,
        violation: place,
        count: 1,
        refused: told.isRefused ? 1 : 0,
        example: exampleOf(line),
      });
    }
  }
}

interface Told {
  readonly policy: string;
  readonly status: number;
  readonly type: string;
  readonly violations: unknown;
  readonly isRefused: boolean;
}

function parsed(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

function violationsOf(value: unknown): readonly LoggedViolation[] {
  return listOf(value).filter(
    (one): one is LoggedViolation =>
      typeof one === "object" &&
      one !== null &&
      "in" in one &&
      "pointer" in one &&
      "keyword" in one &&
      typeof one.pointer === "string",
  );
}

function exampleOf({ time, method, requestId }: LogLine): LogExample {
  return {
    ...(typeof time === "string" ? { time } : {}),
    ...(typeof method === "string" ? { method } : {}),
    ...(typeof requestId === "string" ? { requestId } : {}),
  };
}

/** Which item of a list it was does not matter. */
const withoutIndices = (pointer: string): string => pointer.replaceAll(/\/\d+(?=\/|$)/g, "/*");

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
