{{/* Which Redis a release uses, and all that follows from it: environment, volumes, egress, the label that admits a pod. */}}

{{/*
external, embedded, shared (another release's: app.sharedRedis is YAML with release, secret, key) or none.
*/}}
{{- define "gatehouse.redisMode" -}}
{{- if .Values.externalRedis.enabled -}}external
{{- else if .Values.redis.enabled -}}embedded
{{- else if include "app.sharedRedis" . | trim -}}shared
{{- else -}}none
{{- end -}}
{{- end -}}

{{/* The release whose Redis it is, when it is one of ours. */}}
{{- define "gatehouse.redisRelease" -}}
{{- $mode := include "gatehouse.redisMode" . -}}
{{- if eq $mode "embedded" -}}{{- .Release.Name -}}
{{- else if eq $mode "shared" -}}{{- (include "app.sharedRedis" . | fromYaml).release -}}
{{- end -}}
{{- end -}}

{{- define "gatehouse.redisPodLabels" -}}
{{- with include "gatehouse.redisRelease" . -}}
gatehouse.dev/redis-client: {{ . }}-redis
{{- end -}}
{{- end -}}

{{- define "gatehouse.redisEnv" -}}
{{- $mode := include "gatehouse.redisMode" . -}}
{{- if eq $mode "external" -}}
{{ include "gatehouse.externalRedisEnv" . }}
{{- else if ne $mode "none" -}}
{{- $secret := .Values.redis.auth.existingSecret | default (include "gatehouse.credentialsName" .) -}}
{{- $key := .Values.redis.auth.key -}}
{{- if eq $mode "shared" -}}
{{- $shared := include "app.sharedRedis" . | fromYaml -}}
{{- $secret = $shared.secret -}}
{{- $key = $shared.key -}}
{{- end -}}
- name: REDIS_URL
  value: redis://{{ include "gatehouse.redisRelease" . }}-redis:6379
{{ include "gatehouse.secretEnv" (dict "name" "REDIS_PASSWORD" "secret" $secret "key" $key) }}
{{- end -}}
{{- end -}}

{{- define "gatehouse.externalRedisEnv" -}}
{{- $redis := .Values.externalRedis -}}
{{- if $redis.sentinel.nodes }}
- name: REDIS_SENTINELS
  value: {{ join "," $redis.sentinel.nodes | quote }}
- name: REDIS_SENTINEL_MASTER
  value: {{ $redis.sentinel.master | quote }}
{{- with $redis.sentinel.existingSecret }}
{{ include "gatehouse.secretEnv" (dict "name" "REDIS_SENTINEL_PASSWORD" "secret" . "key" $redis.sentinel.passwordKey) }}
{{- end }}
{{- else if $redis.cluster.nodes }}
- name: REDIS_CLUSTER_NODES
  value: {{ join "," $redis.cluster.nodes | quote }}
{{- else if $redis.url }}
- name: REDIS_URL
  value: {{ $redis.url | quote }}
{{- else }}
- name: REDIS_URL
  value: {{ printf "%s://%s:%s%s" (ternary "rediss" "redis" $redis.tls.enabled) $redis.host (include "gatehouse.number" $redis.port) (ternary (printf "/%s" (include "gatehouse.number" $redis.database)) "" (ne (int $redis.database) 0)) | quote }}
{{- end }}
{{- if and $redis.tls.enabled (or $redis.sentinel.nodes $redis.cluster.nodes) }}
- name: REDIS_TLS
  value: "true"
{{- end }}
{{- if $redis.tls.caSecret }}
- name: REDIS_TLS_CA_FILE
  value: /etc/gatehouse/redis-ca/{{ $redis.tls.caKey }}
{{- end }}
{{- with $redis.username }}
- name: REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- with $redis.existingSecret }}
{{ include "gatehouse.secretEnv" (dict "name" "REDIS_PASSWORD" "secret" . "key" $redis.passwordKey) }}
{{- end }}
{{- with $redis.keyPrefix }}
- name: REDIS_KEY_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "gatehouse.redisVolumes" -}}
{{- if and .Values.externalRedis.enabled .Values.externalRedis.tls.caSecret -}}
- name: redis-ca
  secret:
    secretName: {{ .Values.externalRedis.tls.caSecret }}
    items: [{ key: {{ .Values.externalRedis.tls.caKey }}, path: {{ .Values.externalRedis.tls.caKey }} }]
{{- end -}}
{{- end -}}

{{- define "gatehouse.redisVolumeMounts" -}}
{{- if and .Values.externalRedis.enabled .Values.externalRedis.tls.caSecret -}}
- { name: redis-ca, mountPath: /etc/gatehouse/redis-ca, readOnly: true }
{{- end -}}
{{- end -}}

{{/* Rules of a NetworkPolicy. An external Redis may be anywhere: only its ports are known. */}}
{{- define "gatehouse.redisEgress" -}}
{{- $mode := include "gatehouse.redisMode" . -}}
{{- if eq $mode "external" -}}
- ports:
    {{- range include "gatehouse.externalRedisPorts" . | splitList "," }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
{{- else if ne $mode "none" -}}
- to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: redis
          app.kubernetes.io/instance: {{ include "gatehouse.redisRelease" . }}
          app.kubernetes.io/component: redis
  ports:
    - { port: 6379, protocol: TCP }
{{- end -}}
{{- end -}}

{{/* Sentinels answer with the master's address, which has a port of its own: that of `port`, unless it is said in extraEgress. */}}
{{- define "gatehouse.externalRedisPorts" -}}
{{- $redis := .Values.externalRedis -}}
{{- $ports := list -}}
{{- if or $redis.sentinel.nodes $redis.cluster.nodes -}}
{{- range concat $redis.sentinel.nodes $redis.cluster.nodes -}}{{- $ports = append $ports (splitList ":" . | last) -}}{{- end -}}
{{- if $redis.sentinel.nodes -}}{{- $ports = append $ports (include "gatehouse.number" $redis.port) -}}{{- end -}}
{{- else if $redis.url -}}
{{- $host := (urlParse $redis.url).host -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" $host | trimPrefix ":" | default "6379") -}}
{{- else -}}
{{- $ports = append $ports (include "gatehouse.number" $redis.port) -}}
{{- end -}}
{{- $ports | uniq | sortAlpha | join "," -}}
{{- end -}}
