{{/* What the MCP service adds to the templates of both charts: its environment, paths, credentials, and whom it speaks to. */}}

{{- define "app.port" -}}3232{{- end -}}

{{/* The resource that tokens must be for. */}}
{{- define "mcp.resource" -}}
{{- .Values.resourceUrl | default (printf "%s/mcp" (trimSuffix "/" .Values.baseUri)) -}}
{{- end -}}

{{- define "mcp.pathOf" -}}
{{- (urlParse .).path | trimAll "/" | printf "/%s" | trimSuffix "/" -}}
{{- end -}}

{{- define "app.publicHost" -}}
{{- (urlParse .Values.baseUri).hostname -}}
{{- end -}}

{{- define "app.publicPaths" -}}
{{- $metadata := "/.well-known/oauth-protected-resource" -}}
- { path: {{ include "mcp.pathOf" .Values.baseUri }}/mcp, type: Exact }
- { path: {{ $metadata }}, type: Exact }
{{- with include "mcp.pathOf" (include "mcp.resource" .) }}
- { path: {{ $metadata }}{{ . }}, type: Exact }
{{- end }}
- { path: /.well-known/oauth-authorization-server, type: Exact }
{{- end -}}

{{/* MCP sessions of the 2025 revisions live in one pod's memory. */}}
{{- define "app.sessionAffinity" -}}
{{- ternary "ClientIP" "None" (gt (int (include "gatehouse.mostReplicas" .)) 1) -}}
{{- end -}}

{{- define "app.podLabels" -}}{{- end -}}

{{- define "app.env" -}}
{{- $server := .Values.authServer -}}
{{- $tokens := .Values.tokenValidation -}}
- name: AUTH_MODE
  value: external
- name: BASE_URI
  value: {{ .Values.baseUri | quote }}
{{- with .Values.resourceUrl }}
- name: RESOURCE_URL
  value: {{ . | quote }}
{{- end }}
{{- if $server.existingSecret }}
- name: AUTH_SERVERS_FILE
  value: /etc/gatehouse/auth-servers/{{ $server.key }}
{{- else }}
- name: AUTH_SERVER_URL
  value: {{ include "mcp.issuer" . | quote }}
{{- end }}
{{- with include "mcp.internalUrl" . }}
- name: AUTH_SERVER_INTERNAL_URL
  value: {{ . | quote }}
{{- end }}
{{- with $server.provider }}
- name: AUTH_PROVIDER
  value: {{ . | quote }}
{{- end }}
{{- if $server.allowHttp }}
- name: ALLOW_HTTP_ISSUER
  value: "true"
{{- end }}
- name: TOKEN_VALIDATION
  value: {{ $tokens.strategy }}
- name: TOKEN_CACHE_SECONDS
  value: {{ include "gatehouse.number" $tokens.cacheSeconds | quote }}
- name: STALE_IF_ERROR_SECONDS
  value: {{ include "gatehouse.number" $tokens.staleIfErrorSeconds | quote }}
{{- with $tokens.allowedClientIds }}
- name: ALLOWED_CLIENT_IDS
  value: {{ join "," . | quote }}
{{- end }}
{{- with $tokens.allowedAudiences }}
- name: ALLOWED_AUDIENCES
  value: {{ join "," . | quote }}
{{- end }}
{{- with $tokens.allowedTenants }}
- name: ALLOWED_TENANTS
  value: {{ join "," . | quote }}
{{- end }}
{{- with $tokens.scopePrefix }}
- name: SCOPE_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- with $tokens.jwksUrl }}
- name: JWKS_URL
  value: {{ . | quote }}
{{- end }}
{{- with include "mcp.introspectionEnv" . | trim }}
{{ . }}
{{- end }}
{{- with .Values.toolScopes }}
{{- $tools := list -}}
{{- range $tool, $scopes := . -}}{{- $tools = append $tools (printf "%s=%s" $tool (join " " $scopes)) -}}{{- end }}
- name: TOOL_SCOPES
  value: {{ join "," $tools | quote }}
{{- end }}
{{ include "gatehouse.secretEnv" (dict "name" "REQUEST_STATE_KEY" "secret" (.Values.requestState.existingSecret | default (include "gatehouse.credentialsName" .)) "key" .Values.requestState.key) }}
{{- end -}}

{{- define "mcp.introspectionEnv" -}}
{{- $asked := .Values.introspection -}}
{{- with include "mcp.introspectionClientId" . }}
- name: INTROSPECTION_CLIENT_ID
  value: {{ . | quote }}
{{- end }}
{{- if ne $asked.authMethod "client_secret_basic" }}
- name: INTROSPECTION_AUTH_METHOD
  value: {{ $asked.authMethod }}
{{- end }}
{{- with include "mcp.introspectionSecret" . }}
{{ include "gatehouse.secretEnv" (dict "name" "INTROSPECTION_CLIENT_SECRET" "secret" . "key" $asked.secretKey) }}
{{- end }}
{{- with $asked.privateKey.existingSecret }}
{{ include "gatehouse.secretEnv" (dict "name" "INTROSPECTION_PRIVATE_KEY" "secret" . "key" $asked.privateKey.key) }}
{{- end }}
{{- with $asked.url }}
- name: INTROSPECTION_URL
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "app.volumes" -}}
{{- with .Values.authServer.existingSecret -}}
- name: auth-servers
  secret:
    secretName: {{ . }}
    items: [{ key: {{ $.Values.authServer.key }}, path: {{ $.Values.authServer.key }} }]
{{- end -}}
{{- end -}}

{{- define "app.volumeMounts" -}}
{{- if .Values.authServer.existingSecret -}}
- { name: auth-servers, mountPath: /etc/gatehouse/auth-servers, readOnly: true }
{{- end -}}
{{- end -}}

{{/* What the credentials Job makes. */}}
{{- define "app.credentials" -}}
{{- if not .Values.requestState.existingSecret }}
{{ .Values.requestState.key }}: password
{{- end }}
{{- if and (eq (include "gatehouse.redisMode" .) "embedded") (not .Values.redis.auth.existingSecret) }}
{{ .Values.redis.auth.key }}: password
{{- end }}
{{- end -}}

{{- define "app.credentialsHint" -}}
{{- $missing := list -}}
{{- if not .Values.requestState.existingSecret -}}{{- $missing = append $missing "requestState.existingSecret" -}}{{- end -}}
{{- if and (eq (include "gatehouse.redisMode" .) "embedded") (not .Values.redis.auth.existingSecret) -}}{{- $missing = append $missing "redis.auth.existingSecret" -}}{{- end -}}
{{- join ", " $missing -}}
{{- end -}}
