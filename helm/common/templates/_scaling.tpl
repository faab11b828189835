{{/* How many pods: HorizontalPodAutoscaler and PodDisruptionBudget. */}}

{{- define "gatehouse.hpa" -}}
{{- if .Values.autoscaling.enabled -}}
{{- $name := include "gatehouse.fullname" . -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
{{ include "gatehouse.metadata" (dict "root" . "component" .Chart.Name "name" $name) }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $name }} }
  minReplicas: {{ .Values.autoscaling.minReplicas }}
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
  metrics:
    {{- with .Values.autoscaling.targetCPUUtilizationPercentage }}
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: {{ . }} } }
    {{- end }}
    {{- with .Values.autoscaling.targetMemoryUtilizationPercentage }}
    - type: Resource
      resource: { name: memory, target: { type: Utilization, averageUtilization: {{ . }} } }
    {{- end }}
    {{- with .Values.autoscaling.extraMetrics }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  {{- with .Values.autoscaling.behavior }}
  behavior:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* The least number of pods that there will be. */}}
{{- define "gatehouse.leastReplicas" -}}
{{- ternary .Values.autoscaling.minReplicas .Values.replicaCount .Values.autoscaling.enabled | int -}}
{{- end -}}

{{/* The greatest number of pods that there may be. */}}
{{- define "gatehouse.mostReplicas" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | int -}}
{{- end -}}

{{- define "gatehouse.pdb" -}}
{{- if and .Values.podDisruptionBudget.enabled (gt (int (include "gatehouse.leastReplicas" .)) 1) -}}
{{- $of := dict "root" . "component" .Chart.Name "name" (include "gatehouse.fullname" .) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "gatehouse.metadata" $of }}
spec:
  {{- if ne (toString .Values.podDisruptionBudget.minAvailable) "" }}
  minAvailable: {{ .Values.podDisruptionBudget.minAvailable }}
  {{- else }}
  maxUnavailable: {{ .Values.podDisruptionBudget.maxUnavailable }}
  {{- end }}
  unhealthyPodEvictionPolicy: {{ .Values.podDisruptionBudget.unhealthyPodEvictionPolicy }}
  selector:
    matchLabels:
      {{- include "gatehouse.selectorLabels" $of | nindent 6 }}
{{- end -}}
{{- end -}}
