import { createAnswers } from "../../runtime/admin/answers.ts";
import { createAdminServer } from "../../runtime/admin/server.ts";
import type { GatewayParts } from "../../runtime/gateway/gateway.ts";
import { createBodyReader } from "../../runtime/http/body-reader.ts";
import { forwardOptions } from "../../runtime/http/options.ts";
import { createPeerResolver } from "../../runtime/http/peer.ts";
import { answerPreflight } from "../../runtime/http/preflight.ts";
import { createScreenedBody } from "../../runtime/http/screened-body.ts";
import { createGroup } from "../../runtime/life/group/worker-group.ts";
import { createHousehold } from "../../runtime/life/household.ts";
import { createWorkers } from "../../runtime/process/worker-questions.ts";
import { changedRequestText } from "../../runtime/upstream/changed-request.ts";

/** For gateways that no compiler made; what is there changes nothing until somebody asks for it. */
export const everyPart: GatewayParts = {
  createAdminServer,
  createAnswers,
  createWorkers,
  createGroup,
  createHousehold,
  createPeerResolver,
  createBodyReader,
  createScreenedBody,
  changedRequestText,
  answerPreflight,
  forwardOptions,
};
