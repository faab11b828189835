/** The environment that a rendered pod gives its service, with stand-ins for what its Secrets hold. */
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, posix } from "node:path"
import { type Chart, type RenderOptions, render, type Values } from "./charts.ts"
import { type Container, type EnvironmentVariable, type Pod, podsOf, secretsIn } from "./manifests.ts"

/** Set by the image (deploy/Dockerfile). */
const IMAGE_ENVIRONMENT = {
  NODE_ENV: "production",
  HOST: "0.0.0.0",
  MANAGEMENT_HOST: "0.0.0.0",
  MANAGEMENT_PORT: "9464",
}

const PASSWORD = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
const signingKey = () => ({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  kid: "k1",
  alg: "ES256",
})

/** What a Secret would hold, by the variable that is given it; anything else is a password. */
const SECRETS: Record<string, () => string> = {
  REDIS_URL: () => "redis://redis.example.com:6379",
  INTROSPECTION_PRIVATE_KEY: () => JSON.stringify(signingKey()),
  SIGNING_KEYS_FILE: () => JSON.stringify({ keys: [signingKey()] }),
  CLIENTS_FILE: () =>
    JSON.stringify({
      clients: [{ client_id: "helm-test", client_secret: PASSWORD, grant_types: ["client_credentials"] }],
    }),
  AUTH_SERVERS_FILE: () =>
    JSON.stringify({
      authorization_servers: [
        { auth_server_url: "https://login.example.com", jwks_url: "https://login.example.com/keys" },
      ],
    }),
  REDIS_TLS_CA_FILE: () => "-----BEGIN CERTIFICATE-----\n",
}
const contentFor = (variable: string) =>
  (SECRETS[variable] ?? SECRETS[variable.replace(/_FILE$/, "")] ?? (() => PASSWORD))()

export interface ServiceEnvironment {
  /** As the process would see it, image included; paths are of this machine. */
  env: Record<string, string>
  /** Names that the chart gives. */
  names: string[]
  container: Container
  pod: Pod
}

export async function environmentOf(
  chart: Chart,
  values: Values,
  options?: RenderOptions,
): Promise<ServiceEnvironment> {
  const pod = podsOf(await render(chart, values, options)).find(({ kind }) => kind === "Deployment")
  const [container] = pod?.spec.containers ?? []
  if (!pod || !container) throw new Error(`${chart} has no Deployment with a container`)
  const given = container.env ?? []
  const files = new StandInFiles(pod, container)
  const env = Object.fromEntries(given.map((variable) => [variable.name, textGiven(variable, files)]))
  return { env: { ...IMAGE_ENVIRONMENT, ...env }, names: given.map(({ name }) => name), container, pod }
}

function textGiven({ name, value, valueFrom }: EnvironmentVariable, files: StandInFiles): string {
  if (valueFrom?.fieldRef !== undefined) return "of-the-pod"
  if (valueFrom !== undefined) return contentFor(name)
  const text = String(value)
  return name.endsWith("_FILE") && text !== "" ? files.write(name, text) : text
}

/** Files that the pod would find at the mounts of its volumes. */
class StandInFiles {
  readonly #directory = mkdtempSync(join(tmpdir(), "gatehouse-charts-"))
  readonly #pod: Pod
  readonly #container: Container

  constructor(pod: Pod, container: Container) {
    this.#pod = pod
    this.#container = container
  }

  /** @throws Error when no volume would put a file there */
  write(variable: string, path: string): string {
    if (!this.#isMounted(path)) throw new Error(`${variable}=${path} is a file that no volume brings`)
    const file = join(this.#directory, variable)
    writeFileSync(file, contentFor(variable))
    return file
  }

  #isMounted(path: string): boolean {
    const mounts = this.#container.volumeMounts ?? []
    return mounts.some(({ name, mountPath, subPath }) => {
      const volume = this.#pod.spec.volumes?.find((each) => each.name === name)
      if (volume === undefined) return false
      if (subPath !== undefined) return mountPath === path
      const inside = posix.relative(mountPath, path)
      if (inside.startsWith("..")) return false
      const secrets = secretsIn(volume)
      return secrets.length === 0 || secrets.some(({ items }) => !items || items.some((item) => item.path === inside))
    })
  }
}
