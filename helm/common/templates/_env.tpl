{{/* The environment of a container: what both services take, and how an operator's own replaces it. */}}

{{/* A variable from a Secret. Takes name, secret, key. */}}
{{- define "gatehouse.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* A number as a setting: Helm would write a million as 1e+06. */}}
{{- define "gatehouse.number" -}}
{{- if kindIs "string" . -}}{{- . -}}{{- else -}}{{- int64 . -}}{{- end -}}
{{- end -}}

{{/* Lists of variables as one, in which a later one replaces an earlier one of the same name: server-side apply refuses both. */}}
{{- define "gatehouse.mergeEnv" -}}
{{- $byName := dict -}}
{{- $order := list -}}
{{- range . -}}
{{- if not (hasKey $byName .name) -}}{{- $order = append $order .name -}}{{- end -}}
{{- $_ := set $byName .name . -}}
{{- end -}}
{{- $merged := list -}}
{{- range $order -}}{{- $merged = append $merged (get $byName .) -}}{{- end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/* All of the service's environment: ours, the chart's (app.env), Redis, then the operator's. */}}
{{- define "gatehouse.env" -}}
{{- $env := include "gatehouse.commonEnv" . | fromYamlArray -}}
{{- $env = concat $env (include "app.env" . | fromYamlArray) (include "gatehouse.redisEnv" . | fromYamlArray) -}}
{{- with .Values.extraEnv -}}{{- $env = concat $env (tpl (toYaml .) $ | fromYamlArray) -}}{{- end -}}
{{- include "gatehouse.mergeEnv" $env -}}
{{- end -}}

{{- define "gatehouse.commonEnv" -}}
- name: PORT
  value: {{ include "app.port" . | quote }}
- name: MANAGEMENT_PORT
  value: {{ include "gatehouse.number" .Values.metrics.port | quote }}
- name: LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
- name: RATE_LIMIT
  value: {{ include "gatehouse.number" .Values.rateLimit | quote }}
- name: SHUTDOWN_DELAY_SECONDS
  value: {{ include "gatehouse.number" .Values.shutdownDelaySeconds | quote }}
- name: ALLOWED_HOSTS
  value: {{ prepend .Values.allowedHosts (include "gatehouse.serviceHosts" .) | join "," | quote }}
{{- with .Values.trustedProxies }}
- name: TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.allowedOrigins }}
- name: ALLOWED_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
{{- if .Values.otel.endpoint }}
{{ include "gatehouse.otelEnv" . }}
{{- end }}
{{- end -}}

{{/* The pod's own names come first, for OTEL_RESOURCE_ATTRIBUTES refers to them. */}}
{{- define "gatehouse.otelEnv" -}}
{{- $attributes := list "k8s.namespace.name=$(K8S_NAMESPACE)" "k8s.pod.name=$(K8S_POD)" "k8s.node.name=$(K8S_NODE)" "service.instance.id=$(K8S_POD)" (printf "service.namespace=%s" .Release.Namespace) (printf "service.version=%s" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- range $name, $value := .Values.otel.resourceAttributes -}}
{{- $attributes = append $attributes (printf "%s=%v" $name $value) -}}
{{- end -}}
- name: K8S_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: K8S_POD
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: K8S_NODE
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.otel.endpoint | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ .Values.otel.protocol | quote }}
- name: OTEL_TRACES_SAMPLER
  value: {{ .Values.otel.sampler | quote }}
{{- with .Values.otel.samplerArg }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ . | quote }}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ join "," $attributes | quote }}
{{- with .Values.otel.headers.existingSecret }}
{{ include "gatehouse.secretEnv" (dict "name" "OTEL_EXPORTER_OTLP_HEADERS" "secret" . "key" $.Values.otel.headers.key) }}
{{- end }}
{{- end -}}
