{{/* Names and labels: they depend on the release and the chart only, so that another release finds this one's. */}}

{{- define "gatehouse.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gatehouse.fullname" -}}
{{- $name := include "gatehouse.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The fullname and something behind it: no longer than 63 characters either. */}}
{{- define "gatehouse.nameWith" -}}
{{- $room := int (sub 62 (len .suffix)) -}}
{{- printf "%s-%s" (include "gatehouse.fullname" .root | trunc $room | trimSuffix "-") .suffix -}}
{{- end -}}

{{- define "gatehouse.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "gatehouse.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* The Secret that the credentials Job makes. */}}
{{- define "gatehouse.credentialsName" -}}
{{- printf "%s-credentials" .Release.Name -}}
{{- end -}}

{{/* What selectors hold: immutable, so never more than this. Takes root and component. */}}
{{- define "gatehouse.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gatehouse.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Takes root and component. */}}
{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: gatehouse
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* A pod says nothing of the chart: a new chart alone is no reason to replace pods. Takes root and component. */}}
{{- define "gatehouse.ownPodLabels" -}}
{{ include "gatehouse.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/part-of: gatehouse
{{- end -}}

{{/* The metadata of an object. Takes root, name, component, and where they differ namespace, labels, annotations. */}}
{{- define "gatehouse.metadata" -}}
{{- $own := include "gatehouse.labels" . | fromYaml -}}
{{- $labels := mergeOverwrite (dict) (.root.Values.commonLabels | default dict) (.labels | default dict) $own -}}
{{- $annotations := mergeOverwrite (dict) (.root.Values.commonAnnotations | default dict) (.annotations | default dict) -}}
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | default .root.Release.Namespace }}
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The names by which pods reach the Service, each with its port: what a Host check must accept. */}}
{{- define "gatehouse.serviceHosts" -}}
{{- $name := include "gatehouse.fullname" . -}}
{{- $port := int .Values.service.port -}}
{{- $namespace := .Release.Namespace -}}
{{- $hosts := list -}}
{{- range list $name (printf "%s.%s" $name $namespace) (printf "%s.%s.svc" $name $namespace) (printf "%s.%s.svc.cluster.local" $name $namespace) -}}
{{- $hosts = append $hosts (printf "%s:%d" . $port) -}}
{{- if or (eq $port 80) (eq $port 443) -}}{{- $hosts = append $hosts . -}}{{- end -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end -}}
