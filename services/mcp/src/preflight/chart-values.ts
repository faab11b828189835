/** Sentences of the service name its environment; whoever installs a chart wants the name of a value beside it. */

const chartValues: Readonly<Record<string, string>> = {
  AUTH_SERVER_URL: "authServer.url",
  AUTH_SERVER_INTERNAL_URL: "authServer.internalUrl",
  AUTH_PROVIDER: "authServer.provider",
  AUTH_SERVERS_FILE: "authServer.existingSecret",
  ALLOW_HTTP_ISSUER: "authServer.allowHttp",
  BASE_URI: "baseUri",
  RESOURCE_URL: "resourceUrl",
  RESOURCES: "resourceUrls of the auth chart",
  TOKEN_VALIDATION: "tokenValidation.strategy",
  JWKS_URL: "tokenValidation.jwksUrl",
  ALLOWED_CLIENT_IDS: "tokenValidation.allowedClientIds",
  ALLOWED_AUDIENCES: "tokenValidation.allowedAudiences",
  ALLOWED_TENANTS: "tokenValidation.allowedTenants",
  SCOPE_PREFIX: "tokenValidation.scopePrefix",
  INTROSPECTION_CLIENT_ID: "introspection.clientId",
  INTROSPECTION_CLIENT_SECRET: "introspection.existingSecret",
  INTROSPECTION_AUTH_METHOD: "introspection.authMethod",
  INTROSPECTION_PRIVATE_KEY: "introspection.privateKey.existingSecret",
  INTROSPECTION_URL: "introspection.url",
  REDIS_URL: "externalRedis.url",
  REDIS_USERNAME: "externalRedis.username",
  REDIS_PASSWORD: "externalRedis.existingSecret or authServer.redis.existingSecret",
  REDIS_TLS_CA_FILE: "externalRedis.tls.caSecret",
  REQUEST_STATE_KEY: "requestState.existingSecret",
}

/** The name, and a value that is given with it. */
const setting = new RegExp(`\\b(${Object.keys(chartValues).join("|")})\\b(=\\S+?(?=[:;,.]?(?:\\s|$)))?`, "g")

/** `AUTH_SERVER_URL` becomes `authServer.url (AUTH_SERVER_URL)`. */
export const withChartValues = (sentence: string): string =>
  sentence.replace(setting, (found, name: string) => `${chartValues[name]} (${found})`)
