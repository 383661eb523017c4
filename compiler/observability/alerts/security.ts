import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about certificates, keys and credentials: what ends by itself, and what is out of date. */
export const securityAlerts: Alerts = (facts) => [
  ...(facts.certificates ? [expiring(facts, "soon"), expiring(facts, "now")] : []),
  ...(facts.clientCertificates ? [authorityExpiring(facts)] : []),
  ...(facts.schemes.has("jwt") ? [keysFailing(facts)] : []),
  ...(facts.revocations ? [revocationsOld(facts)] : []),
  ...(facts.damping ? [wrongCredentials(facts)] : []),
];

const expiring = (facts: Facts, when: "soon" | "now"): Alert => {
  const days = when === "soon" ? 14 : 2;
  return {
    name: when === "soon" ? "GatewrightCertificateEndsSoon" : "GatewrightCertificateEnds",
    severity: when === "soon" ? "ticket" : "page",
    expr: `min by (job, certificate) (${own(facts, "gatewright_certificate_expiry_days")}) < ${days}`,
    for: "15m",
    summary: "A certificate of the gateway ends in {{ $value | humanize }} days: {{ $labels.certificate }}",
    description: `The certificate {{ $labels.certificate }} ends in less than ${days} days. Behind that, clients refuse to connect.`,
    runbook: {
      meaning:
        "A certificate that the gateway shows ends soon. Whoever renews it should have done so: most authorities renew with a third of the time left.",
      look: [
        "Is there a newer certificate in the file that the label names? The gateway follows files; one that it could not read leaves a line in the log, and the old one stays.",
        "Does the renewal work (cert-manager, certbot)? Its own log says.",
      ],
      commands: [
        ["gatewright live status --url URL", "each certificate with its end"],
        ["openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -dates", "what clients get"],
      ],
      remedy: ["Put the new certificate, with its chain, and its key where the old ones are. No restart is needed."],
    },
  };
};

const authorityExpiring = (facts: Facts): Alert => ({
  name: "GatewrightClientAuthorityEndsSoon",
  severity: "ticket",
  expr: `min by (job, certificate) (${own(facts, "gatewright_client_authority_expiry_days")}) < 30`,
  for: "15m",
  summary: "An authority for certificates of clients ends in {{ $value | humanize }} days: {{ $labels.certificate }}",
  description: "Behind its end, certificates of clients that it signed are refused, however long they are good themselves.",
  runbook: {
    meaning: "An authority that vouches for clients ends soon. Every client whose certificate it signed is refused from then on.",
    look: ["Which clients have certificates of this authority, and do they have new ones?"],
    commands: [["gatewright live status --url URL", "authorities with their ends"]],
    remedy: [
      "Add the new authority to the file beside the old one, give clients new certificates, and remove the old one later.",
    ],
  },
});

const keysFailing = (facts: Facts): Alert => ({
  name: "GatewrightKeysNotFetched",
  severity: "ticket",
  expr: `max by (job, scheme, keys) (${own(facts, "gatewright_jwt_keys_failures")}) >= 3`,
  for: "15m",
  summary: "The keys of {{ $labels.scheme }} cannot be fetched from {{ $labels.keys }}",
  description:
    "The last {{ $value }} looks found no usable keys. Those that are known count for a while; then every token of this issuer is refused with 503.",
  runbook: {
    meaning:
      "The keys that verify tokens are not seen any more where they come from. Tokens are still verified with the keys that are known, until these are too old; tokens with a new key are refused already.",
    look: [
      "Can the gateway reach the issuer? Its name, proxy and authorities (`tls.ca`) are those of the gateway, not those of your shell.",
      "What does the issuer answer? The log of the gateway has the reason.",
    ],
    commands: [
      ["gatewright live status --url URL", "each source of keys: how many, since when, until when, and the last failure"],
    ],
    remedy: ["Bring the issuer back, or correct its URL. The gateway looks again by itself."],
  },
});

const revocationsOld = (facts: Facts): Alert => ({
  name: "GatewrightRevocationsOld",
  severity: "page",
  expr: `time() - min by (job, instance) (${own(facts, "gatewright_revocations_known_timestamp_seconds")}) > 60`,
  for: "2m",
  summary: "{{ $labels.instance }} does not know what was revoked in the last {{ $value | humanizeDuration }}",
  description:
    "The set of revoked credentials was not seen whole for more than a minute. Credentials that were revoked since then still count.",
  runbook: {
    meaning:
      "The store with the revoked credentials is out of reach, or has lost a part of the set. What `onStoreFailure` and `maxAge` say decides whether requests are refused meanwhile.",
    look: [
      "Is the store there, and can the gateway reach it?",
      "Does its `maxmemory-policy` evict keys? It must be `noeviction`.",
    ],
    commands: [
      ["gatewright live ready --url URL", "whether the store is reached"],
      ["gatewright live revocations --url URL", "what the gateway knows"],
    ],
    remedy: ["Bring the store back. Workers write what they know into one that lost its data."],
  },
});

const wrongCredentials = (facts: Facts): Alert => ({
  name: "GatewrightCredentialsGuessed",
  severity: "ticket",
  expr: `sum by (job) (rate(${own(facts, "gatewright_wrong_credentials_slowed_total")}[15m])) * 900 > 100`,
  for: "15m",
  summary: "{{ $value | humanize }} wrong credentials in 15 minutes were slowed down",
  description: "Somebody tries credentials faster than people make mistakes. Right credentials pass at once all the same.",
  runbook: {
    meaning: "`identity.damping` holds up requests with wrong credentials: a client has an old key, or somebody guesses.",
    look: [
      "From which addresses? The access log has them, with the operation and status 401 or 429.",
      "One address and one known client: a key that has ended. Many addresses: guessing.",
    ],
    commands: [["gatewright live status --url URL", "how many wait, were slowed and were refused"]],
    remedy: ["`ipFilter` against addresses; `keys revoke` or `live revoke` for credentials that are known to others."],
  },
});
