{{/* Services, service account, and what publishes a service: Ingress and HTTPRoute, of public paths only. */}}

{{- define "gatehouse.service" -}}
{{- $of := dict "root" . "component" .Chart.Name "name" (include "gatehouse.fullname" .) "annotations" .Values.service.annotations -}}
apiVersion: v1
kind: Service
{{ include "gatehouse.metadata" $of }}
spec:
  type: {{ .Values.service.type }}
  sessionAffinity: {{ .Values.service.sessionAffinity | default (include "app.sessionAffinity" .) }}
  ports:
    - { name: http, port: {{ int .Values.service.port }}, targetPort: http, protocol: TCP, appProtocol: http }
  selector:
    {{- include "gatehouse.selectorLabels" $of | nindent 4 }}
{{- end -}}

{{/* Headless, for it is read pod by pod; the label keeps the ServiceMonitor from the other Service. */}}
{{- define "gatehouse.metricsService" -}}
{{- $of := dict "root" . "component" .Chart.Name "name" (include "gatehouse.nameWith" (dict "root" . "suffix" "metrics")) "labels" (dict "gatehouse.dev/metrics" "true") -}}
apiVersion: v1
kind: Service
{{ include "gatehouse.metadata" $of }}
spec:
  clusterIP: None
  # A pod that is not ready is the one that is worth looking at.
  publishNotReadyAddresses: true
  ports:
    - { name: metrics, port: {{ include "gatehouse.number" .Values.metrics.port }}, targetPort: metrics, protocol: TCP, appProtocol: http }
  selector:
    {{- include "gatehouse.selectorLabels" $of | nindent 4 }}
{{- end -}}

{{- define "gatehouse.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
{{ include "gatehouse.metadata" (dict "root" . "component" .Chart.Name "name" (include "gatehouse.serviceAccountName" .) "annotations" .Values.serviceAccount.annotations) }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{- define "gatehouse.ingress" -}}
{{- if .Values.ingress.enabled -}}
{{- $host := .Values.ingress.host | default (include "app.publicHost" .) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
{{ include "gatehouse.metadata" (dict "root" . "component" .Chart.Name "name" (include "gatehouse.fullname" .) "annotations" .Values.ingress.annotations) }}
spec:
  {{- with .Values.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .Values.ingress.tls }}
  tls:
    {{- range . }}
    - secretName: {{ .secretName }}
      hosts:
        {{- toYaml (.hosts | default (list $host)) | nindent 8 }}
    {{- end }}
  {{- end }}
  rules:
    - host: {{ $host | quote }}
      http:
        paths:
          {{- range include "app.publicPaths" . | fromYamlArray }}
          - path: {{ .path }}
            pathType: {{ .type }}
            backend:
              service:
                name: {{ include "gatehouse.fullname" $ }}
                port: { name: http }
          {{- end }}
{{- end -}}
{{- end -}}

{{- define "gatehouse.httpRoute" -}}
{{- if .Values.httpRoute.enabled -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
{{ include "gatehouse.metadata" (dict "root" . "component" .Chart.Name "name" (include "gatehouse.fullname" .) "annotations" .Values.httpRoute.annotations "labels" .Values.httpRoute.labels) }}
spec:
  parentRefs:
    {{- toYaml .Values.httpRoute.parentRefs | nindent 4 }}
  hostnames:
    {{- toYaml (.Values.httpRoute.hostnames | default (list (include "app.publicHost" .))) | nindent 4 }}
  # A rule takes eight matches at most.
  rules:
    {{- range include "app.publicPaths" . | fromYamlArray | chunk 8 }}
    - matches:
        {{- range . }}
        - path: { type: {{ ternary "PathPrefix" "Exact" (eq .type "Prefix") }}, value: {{ .path }} }
        {{- end }}
      backendRefs:
        - name: {{ include "gatehouse.fullname" $ }}
          port: {{ int $.Values.service.port }}
    {{- end }}
{{- end -}}
{{- end -}}
