/** What may import what: the table of ARCHITECTURE.md, executable. `services/all-in-one/test/import-rules.test.ts` proves that each rule bites. */

const SRC = "^services/(shared/)?[^/]+/src/"
const NODE_BUILTIN =
  "^(node:|(assert|async_hooks|buffer|crypto|dns|events|fs|http|https|net|os|path|process|stream|timers|tls|url|util|worker_threads)($|/))"
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to })

module.exports = {
  forbidden: [
    rule(
      "no-circular",
      "Data flows one way.",
      { path: SRC },
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    ),
    rule(
      "no-unresolved",
      "An import that is not found is not checked either.",
      { path: "^services/" },
      { couldNotResolve: true },
    ),
    rule(
      "oauth-is-a-leaf",
      "The words of the RFCs import nothing of ours and no framework.",
      { path: "^services/shared/oauth/src" },
      { path: "^services/(?!shared/oauth/)|node_modules/" },
    ),
    rule(
      "token-verifier-knows-only-oauth",
      "Usable on its own, as a library.",
      { path: "^services/shared/token-verifier/src" },
      { path: "^services/(?!shared/(token-verifier|oauth)/)" },
    ),
    rule(
      "token-verifier-has-no-framework",
      "Redis reaches it through a port, HTTP requests through an adapter.",
      { path: "^services/shared/token-verifier/src" },
      { path: "node_modules/(fastify|@fastify|ioredis|@modelcontextprotocol)/", dependencyTypesNot: ["type-only"] },
    ),
    rule(
      "service-kit-knows-no-service",
      "The process around an app knows no app and no OAuth.",
      { path: "^services/shared/service-kit/src" },
      { path: "^services/(?!shared/service-kit/)" },
    ),
    rule(
      "release-knows-no-service",
      "What runs beside a service speaks to it over the network, as whoever installs it would.",
      { path: "^services/shared/release/src" },
      { path: "^services/(?!shared/(release|oauth|service-kit)/)" },
    ),
    rule(
      "telemetry-sdk-on-demand",
      "A process without traces never loads it; everybody else speaks to its API.",
      { path: SRC, pathNot: "service-kit/src/tracing/(sdk|exporter|transport)\\.ts$" },
      { path: "node_modules/@opentelemetry/(?!api/)", dependencyTypesNot: ["type-only"] },
    ),
    rule(
      "domain-is-pure",
      "Rules know neither Fastify nor Redis nor a route or store.",
      { path: "^services/[^/]+/src/domain" },
      {
        path: "/src/(routes|stores|pages)/|/src/(app|main|config)\\.ts$|node_modules/(fastify|@fastify|ioredis|pino|@opentelemetry)/|shared/(service-kit|token-verifier)/",
      },
    ),
    rule(
      "routes-do-not-reach-stores",
      "A route asks the domain; the domain asks a port.",
      { path: "^services/[^/]+/src/(routes|pages)" },
      { path: "/src/stores/|node_modules/ioredis/" },
    ),
    rule(
      "routes-take-only-types-of-the-verifier",
      "A verifier is handed in.",
      { path: "^services/[^/]+/src/routes" },
      { path: "shared/token-verifier/", dependencyTypesNot: ["type-only"] },
    ),
    rule(
      "stores-implement-ports",
      "A store knows the domain's types and Redis, nothing above.",
      { path: "^services/[^/]+/src/stores" },
      {
        path: "/src/(routes|pages)/|/src/(app|main|config)\\.ts$|node_modules/(fastify|@fastify)/|shared/(service-kit|token-verifier)/",
      },
    ),
    rule(
      "memory-stores-know-no-redis",
      "The pair differs in exactly this.",
      { path: "^services/[^/]+/src/stores/memory" },
      { path: "node_modules/ioredis/" },
    ),
    rule(
      "app-has-no-stores",
      "The composition takes ports; the process opens stores.",
      { path: "^services/[^/]+/src/app\\.ts$" },
      { path: "/src/stores/|node_modules/ioredis/" },
    ),
    rule(
      "auth-does-not-know-mcp",
      "Only all-in-one sees both.",
      { path: "^services/auth/src" },
      { path: "^services/(mcp|all-in-one)/" },
    ),
    rule(
      "mcp-does-not-know-auth",
      "Only all-in-one sees both.",
      { path: "^services/mcp/src" },
      { path: "^services/(auth|all-in-one)/" },
    ),
    rule(
      "all-in-one-uses-public-faces",
      "Through their index.ts.",
      { path: "^services/all-in-one/src" },
      { path: "^services/(auth|mcp)/src/(?!index\\.ts$)" },
    ),
    rule(
      "no-test-code-in-production",
      "The test-kit and tests stay out of what ships.",
      { path: "^services/(auth|mcp|all-in-one|shared/(oauth|token-verifier|service-kit|release))/src" },
      { path: "^services/shared/test-kit/|/test/" },
    ),
    rule(
      "no-dev-dependency-in-production",
      "What ships is declared.",
      {
        path: "^services/(auth|mcp|all-in-one|shared/(oauth|token-verifier|service-kit|release))/src",
        pathNot: "dev-external\\.ts$",
      },
      { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], pathNot: NODE_BUILTIN },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules|/dist/" },
    exclude: { path: "^services/.*/dist/" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "require", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
}
