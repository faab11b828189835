{{/* Whose tokens are accepted, and what follows from the release of the auth chart when one is named. */}}

{{/* The Service of that release, as the auth chart names it. */}}
{{- define "mcp.authFullname" -}}
{{- with .Values.authServer -}}
{{- .fullname | default (ternary .release (printf "%s-auth" .release) (contains "auth" .release)) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Empty: a file names the issuers. */}}
{{- define "mcp.issuer" -}}
{{- with .Values.authServer -}}
{{- if not .existingSecret -}}{{- .url | default (ternary "http://localhost:3001" "" (ne .release "")) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where pods reach the issuer, when they don't reach it by its own URL. */}}
{{- define "mcp.internalUrl" -}}
{{- $server := .Values.authServer -}}
{{- if $server.internalUrl -}}
{{- $server.internalUrl -}}
{{- else if include "mcp.callsRelease" . -}}
{{- printf "http://%s:3001%s" (include "mcp.authFullname" .) (include "mcp.pathOf" (include "mcp.issuer" .)) -}}
{{- end -}}
{{- end -}}

{{/* Whether the issuer is called at the release's Service: not several of them, and nothing else is said. */}}
{{- define "mcp.callsRelease" -}}
{{- with .Values.authServer -}}
{{- if and .release (not .internalUrl) (not .existingSecret) (not (contains "," .url)) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{- define "mcp.introspectionClientId" -}}
{{- $own := and .Values.authServer.release (not .Values.authServer.existingSecret) -}}
{{- .Values.introspection.clientId | default (ternary "mcp" "" (not (empty $own))) -}}
{{- end -}}

{{/* The Secret with the secret of that client. */}}
{{- define "mcp.introspectionSecret" -}}
{{- $server := .Values.authServer -}}
{{- if .Values.introspection.existingSecret -}}
{{- .Values.introspection.existingSecret -}}
{{- else if and $server.release (not $server.existingSecret) (hasPrefix "client_secret" .Values.introspection.authMethod) -}}
{{- printf "%s-credentials" $server.release -}}
{{- end -}}
{{- end -}}

{{- define "app.sharedRedis" -}}
{{- with .Values.authServer -}}
{{- if and .release .redis.enabled -}}
release: {{ .release }}
secret: {{ .redis.existingSecret | default (printf "%s-credentials" .release) }}
key: {{ .redis.passwordKey }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The release's pods, whatever their name; a provider may be anywhere: only the ports of its URLs are known. */}}
{{- define "app.egress" -}}
{{- $server := .Values.authServer -}}
{{- if $server.release }}
- to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/instance: {{ $server.release }}
          app.kubernetes.io/component: auth
  ports:
    - { port: 3001, protocol: TCP }
{{- end }}
{{- with include "mcp.portsAnywhere" . }}
- ports:
    {{- range splitList "," . }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
{{- end }}
{{- end -}}

{{- define "mcp.portsAnywhere" -}}
{{- $urls := compact (list .Values.introspection.url .Values.tokenValidation.jwksUrl) -}}
{{- if not (include "mcp.callsRelease" .) -}}
{{- $urls = concat $urls (list "https://provider" .Values.authServer.internalUrl) (splitList "," .Values.authServer.url) | compact -}}
{{- end -}}
{{- $ports := list -}}
{{- range $urls -}}{{- $ports = append $ports (include "gatehouse.portOf" (trim .)) -}}{{- end -}}
{{- $ports | uniq | sortAlpha | join "," -}}
{{- end -}}
