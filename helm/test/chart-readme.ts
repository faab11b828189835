/** The README of a chart, made of its values and of what is said here. `npm run charts:readme` writes both. */
import { type Chart, textOf } from "./charts.ts"
import { rowsOf, type Schema, secretsTable, valuesTable } from "./values-table.ts"

interface Words {
  title: string
  install: string
  after: string
  stays: string
}

const WORDS: Record<Chart, Words> = {
  auth: {
    title: `The authorization server of Gatehouse, by default with a Redis of its own. The chart of the MCP service is
[beside it](../mcp/README.md); how both come onto a cluster: [deploy/README.md](../../deploy/README.md).`,
    install: `\`\`\`console
helm install auth ./helm/auth
\`\`\`

That is a trial: the issuer is \`http://localhost:3001\`, for \`kubectl port-forward\`, and whoever gives a name is let in under it. The
notes that Helm prints have the command that installs the MCP service beside it. For everybody else set at least

\`\`\`yaml
issuer: https://auth.example.com
resourceUrls: [https://mcp.example.com/mcp]
identity: { allowDemo: true } # anybody gets in under any name: there is no other way to sign in yet
\`\`\`

and one of \`httpRoute\` and \`ingress\`. [ci/production-values.yaml](ci/production-values.yaml) is a whole file for production; the other files
there have one feature each. All of them are rendered and checked by tests.`,
    after: `- An upgrade makes no credential anew: the Job adds what is missing in the Secret \`<release>-credentials\` and changes nothing there.
- Selectors and volume claims never change. \`redis.persistence.size\` can't be changed by an upgrade: Kubernetes allows none.
- Change of a signing key, of a secret: [deploy/README.md](../../deploy/README.md#rotation).`,
    stays:
      "the Secret `<release>-credentials`, and the volume claim `data-<release>-redis-0` with all clients and grants",
  },
  mcp: {
    title: `The MCP server of Gatehouse, which accepts access tokens of the [auth chart](../auth/README.md)'s authorization server or of any
other provider. How both come onto a cluster: [deploy/README.md](../../deploy/README.md).`,
    install: `Beside a release \`auth\` of the auth chart, in the same namespace; its address, its secret for introspection and its Redis are found by
the release's name:

\`\`\`console
helm install mcp ./helm/mcp --set authServer.release=auth
\`\`\`

With a provider, one values file, and the Secret that the file's first lines tell how to make:

\`\`\`console
helm install mcp ./helm/mcp --values helm/mcp/ci/auth0-values.yaml
\`\`\`

There is one for Auth0, Okta, Entra, Cognito, Google, GitHub and Keycloak in [ci/](ci); each provider's own settings are told in
[docs/providers](../../docs/providers/README.md). [ci/production-values.yaml](ci/production-values.yaml) is a whole file for production.

Before anything is installed, a Job asks the authorization server and Redis whether these values fit, and says in one sentence what does
not (\`preflight\`).`,
    after: `- An upgrade makes no credential anew: the Job adds what is missing in the Secret \`<release>-credentials\` and changes nothing there.
- MCP sessions of the revisions of 2025 live in the memory of one pod: they end when it is replaced, and clients begin a new one. With
  more than one replica the Service sends a client to the same pod each time (\`service.sessionAffinity\`). The revision of 2026-07-28 has none.`,
    stays: "the Secret `<release>-credentials`, and with `redis.enabled` the volume claim `data-<release>-redis-0`",
  },
}

export function readmeOf(chart: Chart): string {
  const { rows } = rowsOf(textOf("helm", chart, "values.yaml"))
  const schema = JSON.parse(textOf("helm", chart, "values.schema.json")) as Schema
  const { title, install, after, stays } = WORDS[chart]
  return `# The ${chart} chart

<!-- Made by \`npm run charts:readme\` from values.yaml and values.schema.json. -->

${title}

It needs Kubernetes 1.30 and Helm 4 or 3, and nothing from a chart repository. Its image is built from \`deploy/Dockerfile\`, and is not
published: [how to build and load it](../../deploy/README.md#images).

## Install

${install}

Values that do not go together are refused before anything is installed, each with a sentence that says what to change.

\`\`\`console
helm test ${chart} --logs
\`\`\`

## Upgrade

${after}

## Uninstall

\`\`\`console
helm uninstall ${chart}
\`\`\`

What stays: ${stays}.
They are not Helm's, so that nobody loses them by mistake. To delete them too:

\`\`\`console
kubectl delete secret ${chart}-credentials
kubectl delete persistentvolumeclaim data-${chart}-redis-0
\`\`\`

## Secrets

Every credential can come from a Secret of yours; with all of them given there is no Job that makes any.

${secretsTable(rows)}

## Values

${valuesTable(rows, schema)}
`
}
