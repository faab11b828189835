/** Environments with a secret in the wrong place, and what a service should say of each. */
import { findFreePort } from "@gatehouse/test-kit"
import { exportJWK, generateKeyPair } from "jose"

/** What an environment may refer to. */
interface Surroundings {
  /** Writes a file, and returns its path. */
  write: (content: string) => Promise<string>
  /** Of a Redis with a password. */
  redisPort: number
}

/** The process ends at once. */
interface WrongStart {
  what: string
  service: "auth" | "mcp"
  env: (secret: string, surroundings: Surroundings) => Promise<Record<string, string>>
  /** What is told, so that the operator knows where to look. */
  told: RegExp
}

const external = { AUTH_MODE: "external", AUTH_SERVER_URL: "https://as.test" }
const known = (secret: string) => ({ client_id: "nightly", client_secret: secret, grant_types: ["client_credentials"] })

export const wrongStarts: WrongStart[] = [
  ...(["auth", "mcp"] as const).flatMap((service): WrongStart[] => [
    {
      what: "a REDIS_URL with another scheme",
      service,
      env: async (s) => ({ ...external, REDIS_URL: `http://user:${encodeURIComponent(s)}@redis.test:6379` }),
      told: /REDIS_URL must be a URL that begins with redis:\/\//,
    },
    {
      what: "a REDIS_URL with a password that is not encoded",
      service,
      env: async (s) => ({ ...external, REDIS_URL: `redis://:${s}@redis.test:6379` }),
      told: /REDIS_URL must be a URL/,
    },
    {
      what: "a REDIS_URL that is only the password",
      service,
      env: async (s) => ({ ...external, REDIS_URL: s }),
      told: /REDIS_URL must be a URL/,
    },
    {
      what: "a password in place of the path of its file",
      service,
      env: async (s) => ({ ...external, REDIS_PASSWORD_FILE: s }),
      told: /REDIS_PASSWORD must be the path of a readable file/,
    },
    {
      what: "a password given twice",
      service,
      env: async (s, { write }) => ({ ...external, REDIS_PASSWORD: s, REDIS_PASSWORD_FILE: await write(s) }),
      told: /REDIS_PASSWORD is given twice/,
    },
    {
      what: "a BASE_URI with user information",
      service,
      env: async (s) => ({ ...external, BASE_URI: `https://user:${encodeURIComponent(s)}@mcp.test` }),
      told: /BASE_URI must not carry user information/,
    },
    {
      what: "a BASE_URI with user information and another scheme",
      service,
      env: async (s) => ({ ...external, BASE_URI: `ftp://user:${encodeURIComponent(s)}@mcp.test` }),
      told: /BASE_URI must be a URL that begins with/,
    },
    {
      what: "a BASE_URI with user information that is not encoded",
      service,
      env: async (s) => ({ ...external, BASE_URI: `https://user:${s}@mcp.test` }),
      told: /BASE_URI must/,
    },
  ]),
  {
    what: "the content of CLIENTS_FILE in place of its path",
    service: "auth",
    env: async (s) => ({ CLIENTS_FILE: JSON.stringify({ clients: [known(s)] }) }),
    told: /CLIENTS_FILE must be the path of a readable file/,
  },
  {
    what: "the content of CLIENTS_FILE in base64 in place of its path",
    service: "auth",
    env: async (s) => ({ CLIENTS_FILE: btoa(JSON.stringify({ clients: [known(s)] })) }),
    told: /CLIENTS_FILE must be the path of a readable file/,
  },
  {
    what: "a CLIENTS_FILE that is no JSON",
    service: "auth",
    env: async (s, { write }) => ({ CLIENTS_FILE: await write(`{"clients": [{"client_secret": "${s}"`) }),
    told: /CLIENTS_FILE .*: is not JSON/,
  },
  {
    what: "a CLIENTS_FILE with a secret where another value belongs",
    service: "auth",
    env: async (s, { write }) => ({
      CLIENTS_FILE: await write(
        JSON.stringify({
          clients: [
            { ...known(s), client_id: 7, grant_types: [s], scope: s, redirect_uris: [s], client_uri: s, jwks: s },
          ],
          resource_servers: [{ client_id: `${s} ${s}`, client_secret: s.slice(0, 20), resources: [s] }],
        }),
      ),
    }),
    told: /grant_types.*resource_servers/s,
  },
  {
    what: "a CLIENTS_FILE with secrets by the names of their clients",
    service: "auth",
    env: async (s, { write }) => ({
      CLIENTS_FILE: await write(JSON.stringify({ [s]: "nightly", clients: { nightly: s } })),
    }),
    told: /CLIENTS_FILE .*clients: /,
  },
  {
    what: "a CLIENTS_FILE with one secret as the id of two clients",
    service: "auth",
    env: async (s, { write }) => ({
      CLIENTS_FILE: await write(JSON.stringify({ clients: [known(s), known(s)].map((c) => ({ ...c, client_id: s })) })),
    }),
    told: /CLIENTS_FILE .*clients.1 has the client_id of clients.0/,
  },
  {
    what: "the content of SIGNING_KEYS_FILE in place of its path",
    service: "auth",
    env: async (s) => ({ SIGNING_KEYS_FILE: JSON.stringify({ keys: [{ kty: "EC", d: s }] }) }),
    told: /SIGNING_KEYS_FILE must be the path of a readable file/,
  },
  {
    what: "a SIGNING_KEYS_FILE that is no JSON",
    service: "auth",
    env: async (s, { write }) => ({ SIGNING_KEYS_FILE: await write(`-----BEGIN PRIVATE KEY-----\n${s}`) }),
    told: /SIGNING_KEYS_FILE .*is not JSON/,
  },
  {
    what: "a SIGNING_KEYS_FILE whose key is none",
    service: "auth",
    env: async (s, { write }) => ({
      SIGNING_KEYS_FILE: await write(
        JSON.stringify({ keys: [{ kty: "EC", crv: "P-256", kid: "a", x: s, y: s, d: s }] }),
      ),
    }),
    told: /keys\[0\] is not a private key/,
  },
  {
    what: "a SIGNING_KEYS_FILE with a secret key",
    service: "auth",
    env: async (s, { write }) => ({
      SIGNING_KEYS_FILE: await write(JSON.stringify({ keys: [{ kty: "oct", kid: s, k: s }] })),
    }),
    told: /keys\[0\] has a kind/,
  },
  {
    what: "a SIGNING_KEYS_FILE with a secret as its kid, twice",
    service: "auth",
    env: async (s, { write }) => {
      const { privateKey } = await generateKeyPair("ES256", { extractable: true })
      const key = { ...(await exportJWK(privateKey)), kid: s }
      return { SIGNING_KEYS_FILE: await write(JSON.stringify({ keys: [key, key] })) }
    },
    told: /two keys with one kid/,
  },
  {
    what: "an AUTH_SERVER_URL with user information",
    service: "mcp",
    env: async (s) => ({ ...external, AUTH_SERVER_URL: `https://mcp:${encodeURIComponent(s)}@as.test` }),
    told: /AUTH_SERVER_URL must not carry user information/,
  },
  {
    what: "an AUTH_SERVER_URL with user information and another scheme",
    service: "mcp",
    env: async (s) => ({ ...external, AUTH_SERVER_URL: `htps://mcp:${encodeURIComponent(s)}@as.test` }),
    told: /AUTH_SERVER_URL must be a URL/,
  },
  {
    what: "the content of AUTH_SERVERS_FILE in place of its path",
    service: "mcp",
    env: async (s) => ({
      AUTH_MODE: "external",
      AUTH_SERVERS_FILE: JSON.stringify({ authorization_servers: [{ introspection_client_secret: s }] }),
    }),
    told: /AUTH_SERVERS_FILE must be the path of a readable file/,
  },
  {
    what: "an AUTH_SERVERS_FILE with a secret where another value belongs",
    service: "mcp",
    env: async (s, { write }) => ({
      AUTH_MODE: "external",
      AUTH_SERVERS_FILE: await write(
        JSON.stringify({
          authorization_servers: [
            { auth_server_url: s, token_validation: s, introspection_private_key: s, jwks_url: s, [s]: s },
          ],
        }),
      ),
    }),
    told: /AUTH_SERVERS_FILE .*auth_server_url/,
  },
  {
    what: "a REQUEST_STATE_KEY that is too short",
    service: "mcp",
    env: async (s) => ({ ...external, REQUEST_STATE_KEY: s.slice(0, 20) }),
    told: /REQUEST_STATE_KEY must have at least 32 bytes/,
  },
  {
    what: "an INTROSPECTION_PRIVATE_KEY that is no JSON",
    service: "mcp",
    env: async (s) => ({ ...external, INTROSPECTION_PRIVATE_KEY: `{"d":"${s}"`, INTROSPECTION_CLIENT_ID: "mcp" }),
    told: /INTROSPECTION_PRIVATE_KEY must be JSON/,
  },
  {
    what: "an INTROSPECTION_PRIVATE_KEY that is none",
    service: "mcp",
    env: async (s) => ({
      ...external,
      INTROSPECTION_CLIENT_ID: "mcp",
      INTROSPECTION_AUTH_METHOD: "private_key_jwt",
      INTROSPECTION_PRIVATE_KEY: JSON.stringify({ kty: "EC", crv: "P-256", d: s, x: s, y: s }),
    }),
    told: /INTROSPECTION_PRIVATE_KEY/,
  },
  {
    what: "a secret in place of a choice",
    service: "mcp",
    env: async (s) => ({ ...external, INTROSPECTION_AUTH_METHOD: `client_secret=${s}` }),
    told: /INTROSPECTION_AUTH_METHOD must be one of/,
  },
]

/** What is wrong with these is told in the log while the process goes on. */
export const troubledStarts: Omit<WrongStart, "service">[] = [
  {
    what: "a REDIS_URL whose password is wrong",
    env: async (s, { redisPort }) => ({ REDIS_URL: `redis://:${encodeURIComponent(s)}@127.0.0.1:${redisPort}` }),
    told: /Redis cannot be reached.*WRONGPASS|WRONGPASS.*Redis cannot be reached/,
  },
  {
    what: "a REDIS_URL of a user that there is not",
    env: async (s, { redisPort }) => ({
      REDIS_URL: `redis://${encodeURIComponent(s)}:${encodeURIComponent(s)}@127.0.0.1:${redisPort}`,
    }),
    told: /Redis cannot be reached/,
  },
  {
    what: "a REDIS_URL where nobody listens",
    env: async (s) => ({ REDIS_URL: `redis://:${encodeURIComponent(s)}@127.0.0.1:${await findFreePort()}` }),
    told: /Redis cannot be reached/,
  },
  {
    what: "OTEL_EXPORTER_OTLP_HEADERS without names",
    env: async (s) => ({ OTEL_EXPORTER_OTLP_HEADERS: `${s},=${s},x y=${s},x=${s}%` }),
    told: /traces are not exported/,
  },
  {
    what: "OTEL_EXPORTER_OTLP_ENDPOINT with user information",
    env: async (s) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:${encodeURIComponent(s)}@127.0.0.1:${await findFreePort()}`,
    }),
    told: /traces are not exported/,
  },
  {
    what: "OTEL_EXPORTER_OTLP_ENDPOINT that is a secret",
    env: async (s) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: s, OTEL_TRACES_SAMPLER_ARG: s, OTEL_BSP_MAX_QUEUE_SIZE: s }),
    told: /OTEL_EXPORTER_OTLP_ENDPOINT must be a URL/,
  },
]
