{{/* What NOTES.txt says in words: how tokens are validated, which Redis, what to think about. */}}

{{- define "mcp.strategyNote" -}}
{{- $strategy := .Values.tokenValidation.strategy -}}
{{- if ne $strategy "auto" -}}
{{- $strategy -}}
{{- else if not (include "mcp.issuer" .) -}}
what the file says of each
{{- else if and .Values.authServer.release (include "mcp.introspectionClientId" .) -}}
hybrid (auto): signatures are checked here, the authorization server is asked about revocation
{{- else if include "mcp.introspectionClientId" . -}}
auto: the provider is asked as {{ include "mcp.introspectionClientId" . }} where it can be, else signatures are checked; the log line below says which
{{- else -}}
auto: what the provider makes possible without a client of ours; the log line below says which
{{- end -}}
{{- end -}}

{{- define "mcp.redisNote" -}}
{{- $mode := include "gatehouse.redisMode" . -}}
{{- if eq $mode "shared" -}}
service/{{ .Values.authServer.release }}-redis, that of release {{ .Values.authServer.release }}
{{- else if eq $mode "embedded" -}}
service/{{ .Release.Name }}-redis, its own
{{- else if eq $mode "external" -}}
an external one
{{- else -}}
none: answers about tokens are remembered by the pod alone
{{- end -}}
{{- end -}}

{{/* One a line. */}}
{{- define "mcp.warnings" -}}
{{- $server := .Values.authServer }}
{{- $mode := include "gatehouse.redisMode" . }}
{{- if and $server.release (eq $mode "embedded") }}
WARNING: revocations are announced in the Redis of release {{ $server.release }}, and this one has its own: a revoked token may be served for {{ int .Values.tokenValidation.cacheSeconds }} seconds. Set redis.enabled=false to hear of them at once.
{{- end }}
{{- if and $server.release (eq $mode "none") }}
WARNING: without the Redis of release {{ $server.release }} no revocation is heard: a revoked token may be served for {{ int .Values.tokenValidation.cacheSeconds }} seconds.
{{- end }}
{{- if and $server.release (eq $mode "external") }}
The external Redis must be that of release {{ $server.release }}, with the same externalRedis.keyPrefix, or revocations are not heard.
{{- end }}
{{- if $server.allowHttp }}
WARNING: authServer.allowHttp is true: tokens may cross the network unprotected.
{{- end }}
{{- if and (not $server.release) (not (include "mcp.introspectionClientId" .)) (has .Values.tokenValidation.strategy (list "auto" "jwt")) (not $server.existingSecret) }}
WARNING: nobody is asked about tokens where signatures can be checked: a revoked token lives until it expires. Give tokens a short life there, or set introspection.clientId and introspection.existingSecret if it can be asked.
{{- end }}
{{- if not .Values.networkPolicy.enabled }}
WARNING: networkPolicy.enabled is false: whoever reaches the pods reaches their management port too.
{{- end }}
{{- if and .Values.networkPolicy.enabled (not (include "mcp.callsRelease" .)) }}
The network policy lets pods out to ports {{ include "mcp.portsAnywhere" . | replace "," ", " }} anywhere. A provider inside of this cluster is judged by the port of its pods: add it in networkPolicy.extraEgress if that is another.
{{- end }}
{{- end -}}
