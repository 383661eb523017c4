import { call, definePolicy } from "../../policy/contract.ts";

export const reports = definePolicy<object>({
  name: "reports",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",

  check() {},

  lower() {
    return call<object>(
      "policies/reports",
      "createReports",
      {},
      { hooks: ["done"], instance: "reports", roles: ["adminRoutes"], summary: "kept for the admin listener" },
    );
  },
});
