import type { Exchange } from "../exchange/exchange.ts";

/** How important a request is: the place of its class in `priorityNames`. */
export type Priority = 0 | 1 | 2 | 3;

/** The classes, the most important first. */
export const priorityNames = ["critical", "high", "normal", "low"] as const;

export type PriorityName = (typeof priorityNames)[number];

/** Of requests of which nothing says how important they are. */
export const usualPriority: Priority = 2;

export const priorityOf = ({ priority = usualPriority }: Exchange): Priority => priority;
