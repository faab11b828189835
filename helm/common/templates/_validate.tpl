{{/* Values that do not go together: each a sentence that says what to change, all of them at once. */}}

{{/* Fails with the problems of both charts and of this one (app.problems), one a line. */}}
{{- define "gatehouse.validate" -}}
{{- $problems := list -}}
{{- range concat (include "gatehouse.problems" . | splitList "\n") (include "app.problems" . | splitList "\n") -}}
{{- with trim . -}}{{- $problems = append $problems (printf "  - %s" .) -}}{{- end -}}
{{- end -}}
{{- with $problems -}}
{{- printf "\n\nThese values of %s do not go together:\n%s\n" $.Chart.Name (join "\n" .) | fail -}}
{{- end -}}
{{- end -}}

{{- define "gatehouse.problems" -}}
{{- $several := gt (int (include "gatehouse.mostReplicas" .)) 1 }}
{{- if and .Values.redis.enabled .Values.externalRedis.enabled }}
redis.enabled and externalRedis.enabled are both true: set redis.enabled=false to use the external Redis, or externalRedis.enabled=false to install one.
{{- end }}
{{- if and $several (eq (include "gatehouse.redisMode" .) "none") }}
{{ ternary "autoscaling.maxReplicas" "replicaCount" .Values.autoscaling.enabled }} is more than 1 and there is no Redis: pods would not know of each other's tokens and sessions. Set redis.enabled=true, or externalRedis.enabled=true with its address.
{{- end }}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) }}
autoscaling.minReplicas ({{ .Values.autoscaling.minReplicas }}) is more than autoscaling.maxReplicas ({{ .Values.autoscaling.maxReplicas }}): raise the latter.
{{- end }}
{{- if and .Values.autoscaling.enabled (not (or .Values.autoscaling.targetCPUUtilizationPercentage .Values.autoscaling.targetMemoryUtilizationPercentage .Values.autoscaling.extraMetrics)) }}
autoscaling.enabled is true and nothing says what to scale by: set autoscaling.targetCPUUtilizationPercentage, or give autoscaling.extraMetrics.
{{- end }}
{{- if and .Values.autoscaling.enabled .Values.autoscaling.targetCPUUtilizationPercentage (not (dig "requests" "cpu" "" .Values.resources)) }}
autoscaling.targetCPUUtilizationPercentage is a part of resources.requests.cpu, which is not set: set it, or the autoscaler can't decide.
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
httpRoute.enabled is true and httpRoute.parentRefs is empty: name the Gateway, such as httpRoute.parentRefs[0].name=public.
{{- end }}
{{- if eq (int (include "app.port" .)) (int .Values.metrics.port) }}
metrics.port is the port of the service itself: choose another, such as 9464.
{{- end }}
{{- $ending := add (int (dig "preStop" "sleep" "seconds" 0 (.Values.lifecycle | default dict))) (int .Values.shutdownDelaySeconds) 10 }}
{{- if lt (int .Values.terminationGracePeriodSeconds) (int $ending) }}
terminationGracePeriodSeconds ({{ .Values.terminationGracePeriodSeconds }}) leaves no time for requests that are under way: the preStop pause, shutdownDelaySeconds and 10 seconds make {{ $ending }}; raise it to that at least.
{{- end }}
{{- if and (not .Values.credentials.create) (include "app.credentials" . | fromYaml) }}
credentials.create is false, so that these need an existingSecret of their own: {{ include "app.credentialsHint" . | trim }}.
{{- end }}
{{- if .Values.externalRedis.enabled }}
{{- include "gatehouse.externalRedisProblems" .Values.externalRedis }}
{{- end }}
{{- end -}}

{{- define "gatehouse.externalRedisProblems" -}}
{{- $ways := list }}
{{- if .url }}{{ $ways = append $ways "externalRedis.url" }}{{ end }}
{{- if .host }}{{ $ways = append $ways "externalRedis.host" }}{{ end }}
{{- if .sentinel.nodes }}{{ $ways = append $ways "externalRedis.sentinel.nodes" }}{{ end }}
{{- if .cluster.nodes }}{{ $ways = append $ways "externalRedis.cluster.nodes" }}{{ end }}
{{- if not $ways }}
externalRedis.enabled is true and nothing says where it is: set one of externalRedis.url, externalRedis.host, externalRedis.sentinel.nodes and externalRedis.cluster.nodes.
{{- else if gt (len $ways) 1 }}
{{ join " and " $ways }} are all set: keep the one that says where Redis is.
{{- end }}
{{- if and .sentinel.nodes (not .sentinel.master) }}
externalRedis.sentinel.nodes needs externalRedis.sentinel.master: the name of the master that they watch, often mymaster.
{{- end }}
{{- if and (int .database) (or .url .sentinel.nodes .cluster.nodes) }}
externalRedis.database goes with externalRedis.host only: put it into the URL, or leave it 0.
{{- end }}
{{- if and .url (regexMatch "^[a-z]+://[^/@]*:[^/@]*@" .url) }}
externalRedis.url holds a password, which every reader of the release would see: put it into a Secret and name that in externalRedis.existingSecret.
{{- end }}
{{- if and .url .tls.enabled (not (hasPrefix "rediss://" .url)) }}
externalRedis.tls.enabled is true and externalRedis.url does not begin with rediss://: write it so.
{{- end }}
{{- if and .tls.caSecret (not .tls.enabled) (not (hasPrefix "rediss://" .url)) }}
externalRedis.tls.caSecret is set and TLS is not: set externalRedis.tls.enabled=true.
{{- end }}
{{- end -}}
