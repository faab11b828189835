{{/* What the pod of `helm test` is told, and whom it may reach. */}}

{{- define "app.testEnv" -}}
- name: ISSUER
  value: {{ .Values.issuer | quote }}
- name: URL
  value: {{ printf "http://%s:%d%s" (include "gatehouse.fullname" .) (int .Values.service.port) (include "app.issuerPath" .) | quote }}
- name: RESOURCE
  value: {{ first .Values.resourceUrls | quote }}
- name: INTROSPECTION_CLIENT_ID
  value: {{ .Values.introspection.clientId | quote }}
{{ include "gatehouse.secretEnv" (dict "name" "INTROSPECTION_CLIENT_SECRET" "secret" (include "app.introspectionSecret" .) "key" .Values.introspection.secretKey) }}
{{- if include "app.testClient" . }}
- name: TEST_CLIENT_ID
  value: {{ .Values.testClient.clientId | quote }}
{{ include "gatehouse.secretEnv" (dict "name" "TEST_CLIENT_SECRET" "secret" (.Values.testClient.existingSecret | default (include "gatehouse.credentialsName" .)) "key" (ternary .Values.testClient.secretKey "test-client-secret" (not (empty .Values.testClient.existingSecret)))) }}
{{- end }}
{{- end -}}

{{- define "app.testEgress" -}}
{{ include "gatehouse.serviceEgress" . }}
- to:
    - podSelector:
        matchLabels:
          {{- include "gatehouse.selectorLabels" (dict "root" . "component" .Chart.Name) | nindent 10 }}
  ports:
    - { port: http, protocol: TCP }
{{- end -}}
