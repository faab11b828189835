{{/* Programs that run beside a service and end: Jobs of Helm's hooks, and the pods of `helm test`. */}}

{{/* Annotations of a hook. Takes hook, weight. They go when they have succeeded; a failed one stays to be read, until the next try. */}}
{{- define "gatehouse.hookAnnotations" -}}
helm.sh/hook: {{ .hook }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/*
A Job that runs before install and upgrade. Takes what gatehouse.programPodSpec takes, and suffix, weight, timeoutSeconds, backoffLimit.
*/}}
{{- define "gatehouse.hookJob" -}}
{{- $annotations := include "gatehouse.hookAnnotations" (dict "hook" "pre-install,pre-upgrade" "weight" .weight) | fromYaml -}}
{{- $_ := set $annotations "helm.sh/hook-output-log-policy" "hook-failed" -}}
apiVersion: batch/v1
kind: Job
{{ include "gatehouse.metadata" (dict "root" .root "component" .component "name" (include "gatehouse.nameWith" (dict "root" .root "suffix" .component)) "annotations" $annotations) }}
spec:
  backoffLimit: {{ .backoffLimit }}
  activeDeadlineSeconds: {{ .timeoutSeconds }}
  template:
    metadata:
      labels:
        {{- include "gatehouse.programPodLabels" . | nindent 8 }}
      {{- with mergeOverwrite (dict) .root.Values.commonAnnotations (.annotations | default dict) }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "gatehouse.programPodSpec" . | nindent 6 }}
{{- end -}}

{{/* A pod of `helm test`. Takes what gatehouse.programPodSpec takes. */}}
{{- define "gatehouse.testPod" -}}
{{- $annotations := include "gatehouse.hookAnnotations" (dict "hook" "test" "weight" "0") | fromYaml -}}
{{- $_ := set $annotations "helm.sh/hook-output-log-policy" "hook-failed,hook-succeeded" -}}
apiVersion: v1
kind: Pod
{{ include "gatehouse.metadata" (dict "root" .root "component" .component "name" (include "gatehouse.nameWith" (dict "root" .root "suffix" "test")) "annotations" (mergeOverwrite $annotations (.annotations | default dict)) "labels" .labels) }}
spec:
  {{- include "gatehouse.programPodSpec" . | nindent 2 }}
{{- end -}}

{{/* What a program may reach; nobody reaches it. Takes root, component, hook, weight, egress (YAML). */}}
{{- define "gatehouse.programNetworkPolicy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
{{- $annotations := include "gatehouse.hookAnnotations" . | fromYaml -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "gatehouse.metadata" (dict "root" .root "component" .component "name" (include "gatehouse.nameWith" (dict "root" .root "suffix" .component)) "annotations" $annotations) }}
spec:
  podSelector:
    matchLabels:
      {{- include "gatehouse.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- .egress | trim | nindent 4 }}
{{- end -}}
{{- end -}}
