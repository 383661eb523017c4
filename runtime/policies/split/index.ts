import type { AdminRoute } from "../../admin/route.ts";
import type { Exchange, Expression, ForwardTarget, Slot, UpstreamRequest } from "../../exchange/exchange.ts";
import { holds } from "../../expressions/holds.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import type { Log } from "../../log/log.ts";
import { Counts } from "./counts.ts";
import { Places } from "./places.ts";
import { falseAlarms, ShareCheck } from "./share-check.ts";
import { type Refusal, type Shares, sharesText, splitRoutes, whyNot } from "./split-routes.ts";
import { placeOf, seedOf } from "./unit-hash.ts";
import { cookieField, newUnit, sentUnit, type UnitCookie } from "./user-cookie.ts";

export interface SplitConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  /** Of the experiment. */
  readonly name: string;
  /** Service to which requests go that no arm gets. */
  readonly base: string;
  /** `share`: from 0 to 1. */
  readonly arms: readonly {
    readonly service: ForwardTarget;
    readonly share: number;
    readonly always: Expression<boolean> | null;
  }[];
  readonly sticky: Expression<string> | null;
  readonly otherwise: "base" | "random" | "cookie";
  readonly cookie: UnitCookie;
  readonly requestField: string | null;
  readonly responseField: string | null;
  readonly slot: Slot;
}

/** What was decided about a request. */
export interface Assignment {
  /** Index of the arm; behind the last one: the base. */
  readonly arm: number;
  /** Of its user; undefined: it is a user of its own. */
  readonly place: number | undefined;
  /** Its arm does not hang on shares. */
  readonly isForced: boolean;
  /** Value of the cookie that the client is to get. */
  readonly cookie: string | undefined;
  /** Of a roll-out, when it came. */
  run?: number;
  /** Of its body, where it matters how long that took. */
  upload?: { readonly waited: number } | undefined;
}

export const createSplit = (config: SplitConfig): Split => new Split(config);

/** Distributes users among services. What was decided about a request stays so, whatever becomes of the shares. */
export class Split implements Living {
  readonly name: string;
  readonly required = false;
  readonly schema = "split/1";
  readonly adminRoutes: readonly AdminRoute[];
  protected readonly config: SplitConfig;
  readonly #seed: number;
  readonly #armNames: readonly string[];
  /** With that of the base. */
  readonly #names: readonly string[];
  /** `checkout-2=orders-next`, of each of them. */
  readonly #texts: readonly string[];
  readonly #counts: Counts;
  #check = new ShareCheck();
  #shares: readonly number[] = [];
  #places = new Places([]);
  #log: Log | undefined;
  #publish: ((shares: Shares) => void) | undefined;
  /** What was said of shares while the gateway runs; undefined: nothing. */
  #moved: Shares | undefined;

  constructor(config: SplitConfig) {
    const { at, name, arms, base } = config;
    this.config = config;
    this.name = `${at} split ${name}`;
    this.#seed = seedOf(name);
    this.#armNames = arms.map(({ service }) => service.name);
    this.#names = [...this.#armNames, base];
    this.#texts = this.#names.map((arm) => `${name}=${arm}`);
    this.#counts = new Counts(name, this.#names);
    this.adminRoutes = splitRoutes(name, this.#armNames, {
      told: () => this.told(),
      move: (shares) => this.move(shares),
    });
    this.#set(arms.map(({ share }) => share));
  }

  start({ log, latest }: Life): void {
    this.#log = log;
    const topic = latest<Shares>(`split ${this.config.name}`);
    // Of the process before this one, where nobody of the group has said anything since.
    if (this.#moved !== undefined && topic.value === undefined) topic.publish(this.#moved);
    topic.subscribe((shares) => this.follow(shares));
    this.#publish = (shares) => topic.publish(shares);
  }

  handOver(): Json {
    return { ...this.#moved };
  }

  adopt(state: Json): void {
    // As `handOver` of this schema gives it; arms may be others now.
    const shares = state as Shares;
    if (Object.keys(shares).length > 0) this.follow(shares);
  }

  request(x: Exchange): void {
    // Who came before has decided.
    if (x.target !== undefined) return;
    const assignment = this.#assign(x);
    if (assignment === undefined) return;
    const { arm } = assignment;
    x.slots[this.config.slot] = assignment;
    const text = this.#texts[arm]!;
    x.experiments = x.experiments === undefined ? text : `${x.experiments}, ${text}`;
    const chosen = this.config.arms[arm];
    if (chosen !== undefined) x.target = chosen.service;
  }

  upstreamRequest(x: Exchange, { headers }: UpstreamRequest): void {
    const { requestField } = this.config;
    const assignment = this.assignmentOf(x);
    if (assignment !== undefined && requestField !== null) headers.add(requestField, this.#texts[assignment.arm]!);
  }

  response(x: Exchange): void {
    const { responseField, cookie } = this.config;
    const assignment = this.assignmentOf(x);
    if (assignment === undefined) return;
    const { headers } = x.answer!;
    if (responseField !== null) headers.add(responseField, this.#texts[assignment.arm]!);
    if (assignment.cookie !== undefined) headers.add("Set-Cookie", cookieField(cookie, assignment.cookie, x.peer.secure));
  }

  done(x: Exchange): void {
    const assignment = this.assignmentOf(x);
    if (assignment === undefined) return;
    const { arm, place, isForced } = assignment;
    this.#counts.add(arm, x.answer?.status ?? 0);
    // A user who got no answer of a service was not exposed to what the arm does.
    if (isForced || x.answer?.source !== "service" || !this.showsShares(x) || !this.#check.add(arm, place)) return;
    this.#log?.write("warning", "users are not distributed as the shares of the split say", {
      experiment: this.config.name,
      users: this.#names.map((arm, index) => `${arm} ${this.#check.users[index]}`).join(", "),
      shares: sharesText(this.#names, this.#all()),
      falseAlarms,
    });
  }

  /** Whether the user is one of those by whom it is seen how users are distributed. */
  protected showsShares(_x: Exchange): boolean {
    return true;
  }

  protected assignmentOf(x: Exchange): Assignment | undefined {
    // Set by this instance alone.
    return x.slots[this.config.slot] as Assignment | undefined;
  }

  /** What was found out about how users are distributed counts no more. */
  protected forgetUsers(): void {
    this.#counts.keep(this.#check.users);
    this.#check = new ShareCheck();
    this.#check.expect(this.#all());
  }

  /** Users are not distributed as the shares say. */
  protected get hasWrongShares(): boolean {
    return this.#check.isAlarmed;
  }

  state(): Json {
    return this.told();
  }

  metrics(): readonly MetricFamily[] {
    return this.#counts.families(this.#all(), this.#check);
  }

  /** Undefined: the request is not part of the experiment. */
  #assign(x: Exchange): Assignment | undefined {
    const { arms, sticky, otherwise } = this.config;
    for (let arm = 0; arm < arms.length; arm++) {
      const { always } = arms[arm]!;
      if (always !== null && holds(always, x)) return { arm, place: undefined, isForced: true, cookie: undefined };
    }
    const user = sticky === null ? undefined : valueOf(sticky, x);
    if (user !== undefined && user !== "") return this.#at(placeOf(this.#seed, user), true, undefined);
    if (otherwise === "base") return undefined;
    if (otherwise === "random") return this.#at(Math.floor(Math.random() * 2 ** 32), false, undefined);
    const sent = sentUnit(x, this.config.cookie.name);
    const unit = sent ?? newUnit();
    return this.#at(placeOf(this.#seed, unit), true, sent === undefined ? unit : undefined);
  }

  #at(place: number, isUser: boolean, cookie: string | undefined): Assignment {
    const found = this.#places.armAt(place);
    const arm = found < 0 ? this.config.arms.length : found;
    return { arm, place: isUser ? place : undefined, isForced: false, cookie };
  }

  /** Undefined: done; otherwise why not. */
  protected move(shares: Shares): Refusal | undefined | Promise<Refusal | undefined> {
    const all = { ...this.#current(), ...shares };
    const reason = whyNot(this.#armNames, Object.values(all));
    if (reason !== undefined) return { status: 409, title: "The shares do not fit", detail: reason };
    this.follow(all);
    this.#publish?.(all);
    return undefined;
  }

  /** What others of the group decided; of what an arm is not told, its share stays. */
  protected follow(shares: Shares): void {
    // A service may be called as members of all objects are.
    const next = this.#armNames.map((arm, index) => (Object.hasOwn(shares, arm) ? shares[arm]! : this.#shares[index]!));
    // Said of a build with other arms, it may be too much for these.
    if (whyNot(this.#armNames, next) !== undefined) return;
    this.#moved = shares;
    if (next.every((share, arm) => share === this.#shares[arm])) return;
    this.#log?.write("info", "shares of a split were changed", {
      experiment: this.config.name,
      from: sharesText(this.#names, this.#shares),
      to: sharesText(this.#names, next),
    });
    this.#set(next);
  }

  #set(shares: readonly number[]): void {
    this.#shares = shares;
    this.#places = new Places(shares);
    this.#counts.keep(this.#check.users);
    this.#check.expect(this.#all());
  }

  /** With that of the base. */
  #all(): readonly number[] {
    return [...this.#shares, Math.max(0, 1 - this.#shares.reduce((sum, share) => sum + share, 0))];
  }

  #current = (): Shares => sharesOf(this.#armNames, this.#shares);

  protected told(): { readonly [key: string]: Json } {
    return {
      experiment: this.config.name,
      shares: sharesText(this.#names, this.#all()),
      users: sharesOf(this.#names, this.#check.users),
      hasWrongShares: this.hasWrongShares,
    };
  }
}

const sharesOf = (names: readonly string[], numbers: readonly number[]): Shares =>
  Object.fromEntries(names.map((name, index) => [name, numbers[index] ?? 0]));
