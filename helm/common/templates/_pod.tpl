{{/* What every pod has: image, service account, security, placement. */}}

{{- define "gatehouse.image" -}}
{{- $image := .Values.image -}}
{{- $registry := .Values.global.imageRegistry | default $image.registry -}}
{{- $name := ternary $image.repository (printf "%s/%s" $registry $image.repository) (empty $registry) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "gatehouse.imagePullSecrets" -}}
{{- with concat (.Values.global.imagePullSecrets | default list) (.Values.imagePullSecrets | default list) | uniq -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ kindIs "map" . | ternary (get (kindIs "map" . | ternary . dict) "name") . }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Where pods run: the service's and those of Jobs alike. */}}
{{- define "gatehouse.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
dnsPolicy: {{ .Values.dnsPolicy }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A constraint counts the pods of one ReplicaSet of this release, where it says nothing else. */}}
{{- define "gatehouse.topologySpreadConstraints" -}}
{{- $selector := include "gatehouse.selectorLabels" (dict "root" . "component" .Chart.Name) | fromYaml -}}
{{- $constraints := list -}}
{{- range .Values.topologySpreadConstraints -}}
{{- $constraint := deepCopy . -}}
{{- if not $constraint.labelSelector -}}
{{- $constraint = merge $constraint (dict "labelSelector" (dict "matchLabels" $selector) "matchLabelKeys" (list "pod-template-hash")) -}}
{{- end -}}
{{- $constraints = append $constraints $constraint -}}
{{- end -}}
{{- with $constraints -}}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
The pod of a program that ends: metadata and spec, for a Job's template or a Pod. Takes root, component, program (a path in the image), env (a
list), and where they differ envFrom, resources, annotations, labels, volumes, volumeMounts, serviceAccountName (which gets a token).
*/}}
{{- define "gatehouse.programPodSpec" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ .serviceAccountName | default (include "gatehouse.programServiceAccount" .root) }}
automountServiceAccountToken: {{ not (empty .serviceAccountName) }}
enableServiceLinks: false
restartPolicy: Never
{{- with include "gatehouse.imagePullSecrets" .root }}
{{ . }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
containers:
  - name: {{ .component }}
    image: {{ include "gatehouse.image" .root }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command: [/nodejs/bin/node, {{ .program }}]
    {{- with .env }}
    env:
      {{- include "gatehouse.mergeEnv" . | nindent 6 }}
    {{- end }}
    {{- with .envFrom }}
    envFrom:
      {{- tpl (toYaml .) $.root | nindent 6 }}
    {{- end }}
    securityContext:
      {{- toYaml $values.securityContext | nindent 6 }}
    resources:
      {{- toYaml (.resources | default $values.credentials.resources) | nindent 6 }}
    # A program's last words are what Helm and `kubectl describe` show of it.
    terminationMessagePolicy: FallbackToLogsOnError
    volumeMounts:
      - { name: tmp, mountPath: /tmp }
      {{- with .volumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 16Mi }
  {{- with .volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{ include "gatehouse.placement" .root | trim }}
{{- end -}}

{{/* A hook runs before the release's own service account exists. */}}
{{- define "gatehouse.programServiceAccount" -}}
{{- ternary "default" (.Values.serviceAccount.name | default "default") .Values.serviceAccount.create -}}
{{- end -}}

{{/* Labels of a program's pod. Takes root, component, labels. */}}
{{- define "gatehouse.programPodLabels" -}}
{{- toYaml (mergeOverwrite (dict) (.root.Values.commonLabels | default dict) (.labels | default dict) (include "gatehouse.ownPodLabels" . | fromYaml)) -}}
{{- end -}}
