{{/* Names and labels of the release's Redis. */}}

{{- define "redis.name" -}}{{- printf "%s-redis" .Release.Name -}}{{- end -}}

{{- define "redis.selectorLabels" -}}
app.kubernetes.io/name: redis
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: redis
{{- end -}}

{{- define "redis.labels" -}}
{{- $own := include "redis.selectorLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" (.Values.image.tag | trunc 63) -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "gatehouse" -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version) -}}
{{- toYaml (mergeOverwrite (dict) .Values.commonLabels $own) -}}
{{- end -}}

{{/* A pod says nothing of the chart: a new chart alone is no reason to end the only Redis. */}}
{{- define "redis.podLabels" -}}
{{- $own := include "redis.selectorLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "gatehouse" -}}
{{- toYaml (mergeOverwrite (dict) .Values.commonLabels .Values.podLabels $own) -}}
{{- end -}}

{{- define "redis.metadata" -}}
metadata:
  name: {{ include "redis.name" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "redis.labels" . | nindent 4 }}
  {{- with .Values.commonAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "redis.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry -}}
{{- $name := ternary .Values.image.repository (printf "%s/%s" $registry .Values.image.repository) (empty $registry) -}}
{{- ternary (printf "%s@%s" $name .Values.image.digest) (printf "%s:%s" $name .Values.image.tag) (not (empty .Values.image.digest)) -}}
{{- end -}}
