{{/* The second command: what the MCP service must be told of this release, and no more. */}}

{{- define "app.mcpCommand" -}}
{{- $resource := first .Values.resourceUrls -}}
{{- $url := urlParse $resource -}}
{{- $base := printf "%s://%s" $url.scheme $url.host -}}
{{- $settings := list (printf "authServer.release=%s" .Release.Name) -}}
{{- if ne (include "gatehouse.fullname" .) (ternary .Release.Name (printf "%s-auth" .Release.Name) (contains "auth" .Release.Name)) -}}
{{- $settings = append $settings (printf "authServer.fullname=%s" (include "gatehouse.fullname" .)) -}}
{{- end -}}
{{- if ne .Values.issuer "http://localhost:3001" -}}{{- $settings = append $settings (printf "authServer.url=%s" .Values.issuer) -}}{{- end -}}
{{- if ne (int .Values.service.port) 3001 -}}{{- $settings = append $settings (printf "authServer.internalUrl=http://%s:%d%s" (include "gatehouse.fullname" .) (int .Values.service.port) (include "app.issuerPath" .)) -}}{{- end -}}
{{- if ne $base "http://localhost:3232" -}}{{- $settings = append $settings (printf "baseUri=%s" $base) -}}{{- end -}}
{{- if ne $resource (printf "%s/mcp" $base) -}}{{- $settings = append $settings (printf "resourceUrl=%s" $resource) -}}{{- end -}}
{{- if ne .Values.introspection.clientId "mcp" -}}{{- $settings = append $settings (printf "introspection.clientId=%s" .Values.introspection.clientId) -}}{{- end -}}
{{- with .Values.introspection.existingSecret -}}{{- $settings = append $settings (printf "introspection.existingSecret=%s" .) -}}{{- end -}}
{{- if ne .Values.introspection.secretKey "introspection-client-secret" -}}{{- $settings = append $settings (printf "introspection.secretKey=%s" .Values.introspection.secretKey) -}}{{- end -}}
{{- $settings = concat $settings (include "app.mcpRedisSettings" . | splitList "\n" | compact) -}}
helm install mcp ./helm/mcp --namespace {{ .Release.Namespace }}
{{- range $settings }} \
    --set {{ . }}
{{- end }}
{{- if .Values.externalRedis.enabled }} \
    --values external-redis.yaml

  external-redis.yaml says where Redis is: the same `externalRedis` as this release has.
{{- end }}
{{- end -}}

{{- define "app.mcpRedisSettings" -}}
{{- $mode := include "gatehouse.redisMode" . -}}
{{- if eq $mode "embedded" -}}
{{- with .Values.redis.auth.existingSecret }}
authServer.redis.existingSecret={{ . }}
{{- end }}
{{- if ne .Values.redis.auth.key "redis-password" }}
authServer.redis.passwordKey={{ .Values.redis.auth.key }}
{{- end }}
{{- else if eq $mode "none" }}
authServer.redis.enabled=false
{{- end }}
{{- end -}}
