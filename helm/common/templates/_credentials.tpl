{{/* The Job that makes the release's Secret where it is absent: no `lookup`, which `helm template` and so GitOps can't do. */}}

{{/* Empty when every credential is somebody else's. */}}
{{- define "gatehouse.credentialsNeeded" -}}
{{- if .Values.credentials.create -}}
{{- with include "app.credentials" . | fromYaml -}}{{- toJson . -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gatehouse.credentialsJob" -}}
{{- with include "gatehouse.credentialsNeeded" . -}}
{{- $name := include "gatehouse.nameWith" (dict "root" $ "suffix" "credentials") -}}
{{- $hook := include "gatehouse.hookAnnotations" (dict "hook" "pre-install,pre-upgrade" "weight" "-20") | fromYaml -}}
{{- $of := dict "root" $ "component" "credentials" "name" $name "annotations" $hook -}}
apiVersion: v1
kind: ServiceAccount
{{ include "gatehouse.metadata" $of }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "gatehouse.metadata" $of }}
rules:
  # `create` knows no name yet: that is Kubernetes' rule.
  - apiGroups: [""]
    resources: [secrets]
    verbs: [create]
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [{{ include "gatehouse.credentialsName" $ }}]
    verbs: [get, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "gatehouse.metadata" $of }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ $.Release.Namespace }} }
---
{{ include "gatehouse.programNetworkPolicy" (dict "root" $ "component" "credentials" "hook" "pre-install,pre-upgrade" "weight" "-20" "egress" (include "gatehouse.apiServerEgress" $)) }}
---
{{ include "gatehouse.hookJob" (dict "root" $ "component" "credentials" "weight" "-10" "timeoutSeconds" 180 "backoffLimit" 2 "program" "/app/node_modules/@gatehouse/release/dist/create-credentials.js" "env" (include "gatehouse.credentialsEnv" (dict "root" $ "needed" .) | fromYamlArray) "annotations" $.Values.credentials.annotations "resources" $.Values.credentials.resources "serviceAccountName" $name) }}
{{- end -}}
{{- end -}}

{{- define "gatehouse.credentialsEnv" -}}
{{- $labels := dict "app.kubernetes.io/name" (include "gatehouse.name" .root) "app.kubernetes.io/instance" .root.Release.Name "app.kubernetes.io/component" "credentials" "app.kubernetes.io/part-of" "gatehouse" -}}
- name: SECRET_NAME
  value: {{ include "gatehouse.credentialsName" .root }}
- name: SECRET_LABELS
  value: {{ mergeOverwrite (dict) .root.Values.commonLabels $labels | toJson | quote }}
- name: CREDENTIALS
  value: {{ .needed | quote }}
{{- with .root.Values.testClient.clientId }}
- name: TEST_CLIENT_ID
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* The API server's address is known to the cluster alone; after the Service's translation its port is one of these. */}}
{{- define "gatehouse.apiServerEgress" -}}
{{ include "gatehouse.dnsEgress" . }}
- ports:
    - { port: 443, protocol: TCP }
    - { port: 6443, protocol: TCP }
    - { port: 8443, protocol: TCP }
{{- end -}}
