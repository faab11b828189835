/** Values that a chart must refuse, and the words that must be in what it says. */
import type { Chart, Values } from "./charts.ts"

export interface Wrong {
  values: Values
  says: string
}

const external = (own: Values): Values => ({ redis: { enabled: false }, externalRedis: { enabled: true, ...own } })

/** Refused by both charts, over the values of the default case. */
export const WRONG_IN_BOTH: readonly Wrong[] = [
  {
    values: { redis: { enabled: true }, externalRedis: { enabled: true, host: "redis.example.com" } },
    says: "redis.enabled and externalRedis.enabled are both true",
  },
  {
    values: { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 3 } },
    says: "autoscaling.minReplicas (5) is more than autoscaling.maxReplicas (3)",
  },
  {
    values: { autoscaling: { enabled: true, targetCPUUtilizationPercentage: 0 } },
    says: "nothing says what to scale by",
  },
  {
    values: { autoscaling: { enabled: true }, resources: { requests: { cpu: null } } },
    says: "autoscaling.targetCPUUtilizationPercentage is a part of resources.requests.cpu",
  },
  { values: { httpRoute: { enabled: true } }, says: "httpRoute.parentRefs is empty" },
  { values: { terminationGracePeriodSeconds: 12 }, says: "raise it to that at least" },
  { values: { credentials: { create: false } }, says: "credentials.create is false" },
  { values: external({}), says: "nothing says where it is" },
  {
    values: external({ host: "redis.example.com", url: "redis://redis.example.com:6379" }),
    says: "externalRedis.url and externalRedis.host are all set",
  },
  {
    values: external({ sentinel: { nodes: ["a:26379"], master: "m" }, cluster: { nodes: ["b:6379"] } }),
    says: "externalRedis.sentinel.nodes and externalRedis.cluster.nodes are all set",
  },
  { values: external({ sentinel: { nodes: ["a:26379"] } }), says: "needs externalRedis.sentinel.master" },
  {
    values: external({ url: "redis://redis.example.com:6379", database: 3 }),
    says: "externalRedis.database goes with externalRedis.host only",
  },
  {
    values: external({ url: "redis://user:hunter2@redis.example.com:6379" }),
    says: "externalRedis.url holds a password",
  },
  {
    values: external({ url: "redis://redis.example.com:6379", tls: { enabled: true } }),
    says: "does not begin with rediss://",
  },
  {
    values: external({ host: "redis.example.com", tls: { caSecret: "ca" } }),
    says: "externalRedis.tls.caSecret is set and TLS is not",
  },
]

const OF_AUTH: readonly Wrong[] = [
  { values: { metrics: { port: 3001 } }, says: "metrics.port is the port of the service itself" },
  {
    values: { redis: { enabled: false }, replicaCount: 2 },
    says: "replicaCount is more than 1 and there is no Redis",
  },
  {
    values: { redis: { enabled: false }, autoscaling: { enabled: true } },
    says: "autoscaling.maxReplicas is more than 1 and there is no Redis",
  },
  {
    values: { issuer: "http://auth.example.com", identity: { allowDemo: true } },
    says: "issuer http://auth.example.com is plain http and not on a loopback host",
  },
  { values: { issuer: "http://localhost.example.com" }, says: "is plain http and not on a loopback host" },
  { values: { issuer: "https://auth.example.com" }, says: "accept that with identity.allowDemo=true" },
  {
    values: { issuer: "https://auth.example.com/", identity: { allowDemo: true } },
    says: "must have no query, no fragment and no / at its end",
  },
  { values: { testClient: { existingSecret: "s" } }, says: "testClient.existingSecret needs clients.existingSecret" },
  {
    values: { testClient: { clientId: "mcp" } },
    says: "testClient.clientId and introspection.clientId are both mcp",
  },
]

const server = (own: Values, more: Values = {}): Values => ({
  baseUri: "https://mcp.example.com",
  authServer: { release: "", ...own },
  ...more,
})
const url = "https://auth.example.com"

const OF_MCP: readonly Wrong[] = [
  { values: { metrics: { port: 3232 } }, says: "metrics.port is the port of the service itself" },
  {
    values: server({ url }, { replicaCount: 2 }),
    says: "replicaCount is more than 1 and there is no Redis",
  },
  { values: server({}), says: "helm install mcp ./helm/mcp --set authServer.release=auth" },
  {
    values: server({ url, existingSecret: "s" }),
    says: "authServer.url and authServer.existingSecret both name authorization servers",
  },
  { values: { authServer: { release: "mcp" } }, says: "authServer.release is mcp, this release itself" },
  { values: server({ url, fullname: "auth" }), says: "authServer.fullname is the name of a release's Service" },
  {
    values: server({ url, redis: { existingSecret: "s" } }),
    says: "authServer.redis.existingSecret holds the password of the Redis of authServer.release",
  },
  {
    values: { baseUri: "http://mcp.example.com" },
    says: "baseUri http://mcp.example.com is plain http and not on a loopback host",
  },
  {
    values: { httpRoute: { enabled: true, parentRefs: [{ name: "public" }] } },
    says: "httpRoute.enabled publishes http://localhost:3232, which is a loopback address",
  },
  { values: { ingress: { enabled: true } }, says: "ingress.enabled publishes http://localhost:3232" },
  {
    values: server({ url: "http://localhost:3001" }),
    says: "is a loopback address, at which a pod finds itself",
  },
  {
    values: server({ url: "http://auth.example.com" }),
    says: "so that anybody in between could forge it",
  },
  {
    values: server({ url: `${url},https://other.example.com`, internalUrl: "http://auth:3001" }),
    says: "authServer.url names several issuers, and authServer.internalUrl can be one's only",
  },
  {
    values: server({ url }, { introspection: { clientId: "mcp" } }),
    says: "introspection.clientId is mcp and introspection.existingSecret is empty",
  },
  {
    values: server({ url }, { introspection: { clientId: "mcp", authMethod: "private_key_jwt" } }),
    says: "introspection.authMethod is private_key_jwt, which needs",
  },
  {
    values: server({ url }, { introspection: { existingSecret: "s" } }),
    says: "introspection.existingSecret is set and introspection.clientId is empty",
  },
  {
    values: server({ url }, { tokenValidation: { strategy: "introspection" } }),
    says: "tokenValidation.strategy is introspection, which asks the authorization server",
  },
  {
    values: server(
      { url },
      { introspection: { clientId: "mcp", existingSecret: "s", privateKey: { existingSecret: "k" } } },
    ),
    says: "introspection.privateKey.existingSecret is read for introspection.authMethod=private_key_jwt only",
  },
  {
    values: server({ url }, { introspection: { clientId: "mcp", existingSecret: "s", authMethod: "none" } }),
    says: "introspection.existingSecret is not read with introspection.authMethod=none",
  },
  {
    values: server({ url: "https://github.com" }),
    says: "GitHub tells about tokens only whoever has the app's secret",
  },
  { values: server({ url: "https://accounts.google.com" }), says: "Google's tokens are for a client" },
  {
    values: server({ url: "https://login.microsoftonline.com/common/v2.0" }),
    says: "stands for every tenant of Entra",
  },
  {
    values: server(
      { existingSecret: "s" },
      { tokenValidation: { jwksUrl: "https://auth.example.com/keys", strategy: "jwt" } },
    ),
    says: "tokenValidation.jwksUrl and tokenValidation.strategy would not be read",
  },
  {
    values: { redis: { enabled: true }, authServer: { redis: { existingSecret: "s" } } },
    says: "authServer.redis.existingSecret holds the password of the Redis of authServer.release, which these values do not use",
  },
]

/** Refused by one chart, over the values of the default case. */
export const WRONG: Readonly<Record<Chart, readonly Wrong[]>> = { auth: OF_AUTH, mcp: OF_MCP }

/** Refused by the schema; Helm names the value's place. */
export const OF_WRONG_FORM: readonly Wrong[] = [
  { values: { replicaCount: "three" }, says: "replicaCount" },
  { values: { replicaCount: -1 }, says: "replicaCount" },
  { values: { logLevel: "verbose" }, says: "logLevel" },
  { values: { rateLimit: 0 }, says: "rateLimit" },
  { values: { rateLimit: "none" }, says: "rateLimit" },
  { values: { image: { pullPolicy: "Sometimes" } }, says: "image/pullPolicy" },
  { values: { image: { digest: "latest" } }, says: "image/digest" },
  { values: { service: { type: "Public" } }, says: "service/type" },
  { values: { service: { port: 70_000 } }, says: "service/port" },
  { values: { metrics: { port: 0 } }, says: "metrics/port" },
  { values: { otel: { protocol: "grpc" } }, says: "otel/protocol" },
  { values: { otel: { endpoint: "collector:4317" } }, says: "otel/endpoint" },
  { values: { externalRedis: { url: "http://redis.example.com" } }, says: "externalRedis/url" },
  { values: { externalRedis: { sentinel: { nodes: ["no-port"] } } }, says: "externalRedis/sentinel/nodes/0" },
  { values: { shutdownDelaySeconds: 1000 }, says: "shutdownDelaySeconds" },
  { values: { trustedProxies: "10.0.0.0/8" }, says: "trustedProxies" },
  { values: { autoscaling: { enabled: "yes" } }, says: "autoscaling/enabled" },
  { values: { podDisruptionBudget: { unhealthyPodEvictionPolicy: "Never" } }, says: "unhealthyPodEvictionPolicy" },
  { values: { commonLabels: { team: 1 } }, says: "commonLabels/team" },
  { values: { extraEnv: { name: "A" } }, says: "extraEnv" },
]
