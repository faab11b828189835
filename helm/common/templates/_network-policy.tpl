{{/* Who may speak to whom: nobody, but for what stands here. */}}

{{- define "gatehouse.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled -}}
{{- $of := dict "root" . "component" .Chart.Name "name" (include "gatehouse.fullname" .) -}}
{{- $policy := .Values.networkPolicy -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "gatehouse.metadata" $of }}
spec:
  podSelector:
    matchLabels:
      {{- include "gatehouse.selectorLabels" $of | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - { port: http, protocol: TCP }
      {{- with $policy.ingressFrom }}
      from:
        - podSelector:
            matchLabels: { app.kubernetes.io/part-of: gatehouse }
        {{- tpl (toYaml .) $ | nindent 8 }}
      {{- end }}
    {{- if or $policy.metricsFrom .Values.metrics.serviceMonitor.enabled }}
    - ports:
        - { port: metrics, protocol: TCP }
      from:
        {{- tpl (toYaml ($policy.metricsFrom | default (list (dict "namespaceSelector" dict)))) $ | nindent 8 }}
    {{- end }}
    {{- with $policy.extraIngress }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  egress:
    {{- include "gatehouse.serviceEgress" . | nindent 4 }}
    {{- with $policy.extraEgress }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* What the service itself needs, and so a program that does as it does: names, Redis, traces, app.egress. */}}
{{- define "gatehouse.serviceEgress" -}}
{{ include "gatehouse.dnsEgress" . }}
{{- with include "gatehouse.redisEgress" . | trim }}
{{ . }}
{{- end }}
{{- with .Values.otel.endpoint }}
- ports:
    - { port: {{ include "gatehouse.portOf" . }}, protocol: TCP }
{{- end }}
{{- with include "app.egress" . | trim }}
{{ . }}
{{- end }}
{{- end -}}

{{/* Anywhere: a cache of the node has an address that no selector finds. */}}
{{- define "gatehouse.dnsEgress" -}}
- ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
{{- end -}}

{{/* The port of a URL. */}}
{{- define "gatehouse.portOf" -}}
{{- $url := urlParse . -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}
