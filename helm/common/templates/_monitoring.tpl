{{/* What Prometheus and Grafana find: ServiceMonitor, rules and dashboards, the last two from files that are tested as they ship. */}}

{{- define "gatehouse.serviceMonitor" -}}
{{- $monitor := .Values.metrics.serviceMonitor -}}
{{- if $monitor.enabled -}}
{{- $of := dict "root" . "component" .Chart.Name "name" (include "gatehouse.fullname" .) "namespace" $monitor.namespace "labels" $monitor.labels "annotations" $monitor.annotations -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
{{ include "gatehouse.metadata" $of }}
spec:
  jobLabel: app.kubernetes.io/name
  namespaceSelector:
    matchNames: [{{ .Release.Namespace }}]
  selector:
    matchLabels:
      {{- include "gatehouse.selectorLabels" $of | nindent 6 }}
      gatehouse.dev/metrics: "true"
  endpoints:
    - port: metrics
      path: /metrics
      interval: {{ $monitor.interval }}
      scrapeTimeout: {{ $monitor.scrapeTimeout }}
      {{- with $monitor.relabelings }}
      relabelings:
        {{- tpl (toYaml .) $ | nindent 8 }}
      {{- end }}
      {{- with $monitor.metricRelabelings }}
      metricRelabelings:
        {{- tpl (toYaml .) $ | nindent 8 }}
      {{- end }}
{{- end -}}
{{- end -}}

{{/* One object a file, its text as it is: it is no template, and has braces of its own. */}}
{{- define "gatehouse.prometheusRule" -}}
{{- $rule := .Values.metrics.prometheusRule -}}
{{- if $rule.enabled -}}
{{- $base := ternary "" (printf "%s/" (trimSuffix "/" $rule.runbookUrlBase)) (empty $rule.runbookUrlBase) -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" }}
{{- $suffix := base $path | trimSuffix ".yaml" | trimPrefix (printf "%s-" $.Chart.Name) }}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
{{ include "gatehouse.metadata" (dict "root" $ "component" $.Chart.Name "name" (include "gatehouse.nameWith" (dict "root" $ "suffix" $suffix)) "namespace" $rule.namespace "labels" $rule.labels "annotations" $rule.annotations) }}
spec:
  {{- $.Files.Get $path | replace "runbook_url: docs/runbooks/" (printf "runbook_url: %sdocs/runbooks/" $base) | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* A dashboard that both charts bring has the same key in both, so that the sidecar writes one file. */}}
{{- define "gatehouse.dashboards" -}}
{{- $dashboard := .Values.grafanaDashboard -}}
{{- if $dashboard.enabled -}}
{{- range $path, $_ := .Files.Glob "files/dashboards/*.json" }}
{{- $suffix := base $path | trimSuffix ".json" }}
---
apiVersion: v1
kind: ConfigMap
{{ include "gatehouse.metadata" (dict "root" $ "component" $.Chart.Name "name" (include "gatehouse.nameWith" (dict "root" $ "suffix" (printf "dashboard-%s" $suffix))) "namespace" $dashboard.namespace "labels" $dashboard.labels "annotations" $dashboard.annotations) }}
data:
  gatehouse-{{ $suffix }}.json: |
    {{- $.Files.Get $path | nindent 4 }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "gatehouse.extraObjects" -}}
{{- range .Values.extraObjects }}
---
{{ tpl (kindIs "string" . | ternary . (toYaml .)) $ }}
{{- end }}
{{- end -}}
