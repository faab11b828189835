{{/* What the authorization server adds to the templates that the charts share. */}}

{{- define "app.port" -}}3001{{- end -}}

{{- define "app.sessionAffinity" -}}None{{- end -}}

{{- define "app.podLabels" -}}{{- end -}}

{{/* Its Redis is its own, or an external one. */}}
{{- define "app.sharedRedis" -}}{{- end -}}

{{/* Nothing but names, Redis and traces. */}}
{{- define "app.egress" -}}{{- end -}}

{{- define "app.publicHost" -}}
{{- (urlParse .Values.issuer).hostname -}}
{{- end -}}

{{/* The issuer's path: endpoints stand under it, the metadata before it (RFC 8414 §3.1). */}}
{{- define "app.issuerPath" -}}
{{- (urlParse .Values.issuer).path | trimSuffix "/" -}}
{{- end -}}

{{- define "app.publicPaths" -}}
{{- $prefix := include "app.issuerPath" . -}}
- { path: /.well-known/oauth-authorization-server{{ $prefix }}, type: Exact }
{{- range list "jwks" "register" "authorize" "sign-in" "consent" "token" "revoke" }}
- { path: {{ $prefix }}/{{ . }}, type: Exact }
{{- end }}
{{- if .Values.publishIntrospection }}
- { path: {{ $prefix }}/introspect, type: Exact }
{{- end }}
- { path: {{ $prefix | default "/" }}, type: Exact }
{{- end -}}

{{- define "app.issuerIsLoopback" -}}
{{- if regexMatch "^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?(/.*)?$" .Values.issuer -}}true{{- end -}}
{{- end -}}

{{/* Whether there is a client for `helm test`: the operator's clients file has one only when it says so. */}}
{{- define "app.testClient" -}}
{{- if and .Values.testClient.enabled (or (not .Values.clients.existingSecret) .Values.testClient.existingSecret) -}}true{{- end -}}
{{- end -}}

{{/* Where the clients file is: the operator's, or the one with the test client, or nowhere. */}}
{{- define "app.clientsSecret" -}}
{{- if .Values.clients.existingSecret -}}{{- .Values.clients.existingSecret -}}
{{- else if include "app.testClient" . -}}{{- include "gatehouse.credentialsName" . -}}
{{- end -}}
{{- end -}}

{{- define "app.introspectionSecret" -}}
{{- .Values.introspection.existingSecret | default (include "gatehouse.credentialsName" .) -}}
{{- end -}}

{{- define "app.env" -}}
- name: BASE_URI
  value: {{ .Values.issuer | quote }}
- name: RESOURCES
  value: {{ join "," .Values.resourceUrls | quote }}
- name: ACCESS_TOKEN_TTL_SECONDS
  value: {{ include "gatehouse.number" .Values.accessTokenTtlSeconds | quote }}
- name: REFRESH_TOKEN_TTL_SECONDS
  value: {{ include "gatehouse.number" .Values.refreshTokenTtlSeconds | quote }}
{{- if .Values.allowHttpIssuer }}
- name: ALLOW_HTTP_ISSUER
  value: "true"
{{- end }}
- name: IDENTITY
  value: {{ .Values.identity.type | quote }}
{{- if and (eq .Values.identity.type "demo") (or .Values.identity.allowDemo (include "app.issuerIsLoopback" .)) }}
- name: ALLOW_DEMO_IDENTITY
  value: "true"
{{- end }}
- name: INTROSPECTION_CLIENT_ID
  value: {{ .Values.introspection.clientId | quote }}
{{ include "gatehouse.secretEnv" (dict "name" "INTROSPECTION_CLIENT_SECRET" "secret" (include "app.introspectionSecret" .) "key" .Values.introspection.secretKey) }}
- name: SIGNING_KEYS_FILE
  value: /etc/gatehouse/credentials/signing-keys.json
{{- if include "app.clientsSecret" . }}
- name: CLIENTS_FILE
  value: /etc/gatehouse/credentials/clients.json
{{- end }}
{{- end -}}

{{- define "app.volumes" -}}
- name: credentials
  projected:
    sources:
      - secret:
          name: {{ .Values.signingKeys.existingSecret | default (include "gatehouse.credentialsName" .) }}
          items: [{ key: {{ ternary .Values.signingKeys.key "signing-keys.json" (not (empty .Values.signingKeys.existingSecret)) }}, path: signing-keys.json }]
      {{- with include "app.clientsSecret" . }}
      - secret:
          name: {{ . }}
          items: [{ key: {{ ternary $.Values.clients.key "clients.json" (not (empty $.Values.clients.existingSecret)) }}, path: clients.json }]
      {{- end }}
{{- end -}}

{{- define "app.volumeMounts" -}}
- { name: credentials, mountPath: /etc/gatehouse/credentials, readOnly: true }
{{- end -}}

{{/* What no existingSecret holds, and of which kind it is. */}}
{{- define "app.credentials" -}}
{{- if not .Values.signingKeys.existingSecret }}
signing-keys.json: signing-keys
{{- end }}
{{- if not .Values.introspection.existingSecret }}
{{ .Values.introspection.secretKey }}: password
{{- end }}
{{- if and (not .Values.clients.existingSecret) (include "app.testClient" .) }}
clients.json: test-client
{{- end }}
{{- if and (eq (include "gatehouse.redisMode" .) "embedded") (not .Values.redis.auth.existingSecret) }}
{{ .Values.redis.auth.key }}: password
{{- end }}
{{- end -}}

{{/* The values that would hold them. */}}
{{- define "app.credentialsHint" -}}
{{- $missing := list -}}
{{- if not .Values.signingKeys.existingSecret -}}{{- $missing = append $missing "signingKeys.existingSecret" -}}{{- end -}}
{{- if not .Values.introspection.existingSecret -}}{{- $missing = append $missing "introspection.existingSecret" -}}{{- end -}}
{{- if and (not .Values.clients.existingSecret) (include "app.testClient" .) -}}{{- $missing = append $missing "clients.existingSecret (or testClient.enabled=false)" -}}{{- end -}}
{{- if and (eq (include "gatehouse.redisMode" .) "embedded") (not .Values.redis.auth.existingSecret) -}}{{- $missing = append $missing "redis.auth.existingSecret" -}}{{- end -}}
{{- join ", " $missing -}}
{{- end -}}

{{- define "app.problems" -}}
{{- $public := not (include "app.issuerIsLoopback" .) }}
{{- if and $public (hasPrefix "http://" .Values.issuer) (not .Values.allowHttpIssuer) }}
issuer {{ .Values.issuer }} is plain http and not on a loopback host, so that tokens would cross the network unprotected: use https://, or accept it with allowHttpIssuer=true.
{{- end }}
{{- if and $public (eq .Values.identity.type "demo") (not .Values.identity.allowDemo) }}
identity.type is demo, which lets anybody in under any name, and issuer {{ .Values.issuer }} is not on a loopback host: accept that with identity.allowDemo=true.
{{- end }}
{{- if regexMatch "[?#]|/$" .Values.issuer }}
issuer {{ .Values.issuer }} must have no query, no fragment and no / at its end: clients compare it byte for byte.
{{- end }}
{{- if and .Values.testClient.existingSecret (not .Values.clients.existingSecret) }}
testClient.existingSecret needs clients.existingSecret, for the clients file must name that client: set both, or neither to have a test client made.
{{- end }}
{{- if and (eq .Values.testClient.clientId .Values.introspection.clientId) (include "app.testClient" .) }}
testClient.clientId and introspection.clientId are both {{ .Values.testClient.clientId }}: a client and a resource server need names of their own.
{{- end }}
{{- end -}}
