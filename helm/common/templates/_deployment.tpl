{{/* The Deployment of a service: what the chart adds is app.env, app.volumes, app.volumeMounts, app.podLabels, app.port. */}}

{{- define "gatehouse.deployment" -}}
{{- $component := .Chart.Name -}}
{{- $of := dict "root" . "component" $component "name" (include "gatehouse.fullname" .) -}}
apiVersion: apps/v1
kind: Deployment
{{ include "gatehouse.metadata" $of }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  revisionHistoryLimit: {{ .Values.revisionHistoryLimit }}
  strategy:
    {{- toYaml .Values.strategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "gatehouse.selectorLabels" $of | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "gatehouse.podLabels" $of | nindent 8 }}
      {{- with mergeOverwrite (dict) .Values.commonAnnotations .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "gatehouse.servicePodSpec" . | nindent 6 }}
{{- end -}}

{{- define "gatehouse.podLabels" -}}
{{- $values := .root.Values -}}
{{- $app := include "app.podLabels" .root | fromYaml | default dict -}}
{{- $redis := include "gatehouse.redisPodLabels" .root | fromYaml | default dict -}}
{{- $own := include "gatehouse.ownPodLabels" . | fromYaml -}}
{{- toYaml (mergeOverwrite (dict) $values.commonLabels $values.podLabels $app $redis $own) -}}
{{- end -}}

{{- define "gatehouse.servicePodSpec" -}}
serviceAccountName: {{ include "gatehouse.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with include "gatehouse.imagePullSecrets" . }}
{{ . }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.extraInitContainers }}
initContainers:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
containers:
  - {{ include "gatehouse.serviceContainer" . | nindent 4 | trim }}
  {{- with .Values.extraContainers }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 64Mi }
  {{- with include "app.volumes" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with include "gatehouse.redisVolumes" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
{{- with .Values.affinity }}
affinity:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- with include "gatehouse.topologySpreadConstraints" . }}
{{ . }}
{{- end }}
{{ include "gatehouse.placement" . | trim }}
{{- end -}}

{{- define "gatehouse.serviceContainer" -}}
name: {{ .Chart.Name }}
image: {{ include "gatehouse.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  {{- include "gatehouse.env" . | nindent 2 }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
ports:
  - { name: http, containerPort: {{ include "app.port" . }}, protocol: TCP }
  - { name: metrics, containerPort: {{ include "gatehouse.number" .Values.metrics.port }}, protocol: TCP }
{{- with .Values.startupProbe }}
startupProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.livenessProbe }}
livenessProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.readinessProbe }}
readinessProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- with include "app.volumeMounts" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with include "gatehouse.redisVolumeMounts" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
{{- end -}}
