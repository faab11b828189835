{{/* What the preflight and the pod of `helm test` are told, and whom they may reach. */}}

{{/*
The service's own environment. Its Secrets may be absent here: the program says in a sentence which is, where the kubelet would only
wait for it.
*/}}
{{- define "mcp.preflightEnv" -}}
{{- $env := list -}}
{{- $expected := list -}}
{{- $ofRelease := ternary "@authServer.release" "" (ne .Values.authServer.release "") -}}
{{- range include "gatehouse.env" . | fromYamlArray -}}
{{- if dig "valueFrom" "secretKeyRef" "" . -}}
{{- $reference := .valueFrom.secretKeyRef -}}
{{- $cause := ternary $ofRelease "" (eq $reference.name (printf "%s-credentials" $.Values.authServer.release)) -}}
{{- $expected = append $expected (printf "%s=%s/%s%s" .name $reference.name $reference.key $cause) -}}
{{- $env = append $env (dict "name" .name "valueFrom" (dict "secretKeyRef" (merge (dict "optional" true) $reference))) -}}
{{- else -}}
{{- $env = append $env . -}}
{{- end -}}
{{- end -}}
{{- $env = append $env (dict "name" "PREFLIGHT_TIMEOUT_SECONDS" "value" (include "gatehouse.number" .Values.preflight.timeoutSeconds)) -}}
{{- $env = append $env (dict "name" "PREFLIGHT_SECRETS" "value" (join "," $expected)) -}}
{{- if eq (include "gatehouse.redisMode" .) "embedded" -}}
{{- $env = append $env (dict "name" "PREFLIGHT_REDIS" "value" "later") -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}

{{/* Its files, absent or not. */}}
{{- define "mcp.preflightVolumes" -}}
{{- $volumes := list -}}
{{- range concat (include "app.volumes" . | fromYamlArray) (include "gatehouse.redisVolumes" . | fromYamlArray) -}}
{{- $volumes = append $volumes (dict "name" .name "secret" (merge (dict "optional" true) .secret)) -}}
{{- end -}}
{{- with .Values.extraVolumes -}}{{- $volumes = concat $volumes (tpl (toYaml .) $ | fromYamlArray) -}}{{- end -}}
{{- toYaml $volumes -}}
{{- end -}}

{{- define "mcp.preflightMounts" -}}
{{- $mounts := concat (include "app.volumeMounts" . | fromYamlArray) (include "gatehouse.redisVolumeMounts" . | fromYamlArray) -}}
{{- with .Values.extraVolumeMounts -}}{{- $mounts = concat $mounts (tpl (toYaml .) $ | fromYamlArray) -}}{{- end -}}
{{- toYaml $mounts -}}
{{- end -}}

{{- define "mcp.preflightEgress" -}}
{{ include "gatehouse.serviceEgress" . }}
{{- with .Values.networkPolicy.extraEgress }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{- define "mcp.testEnv" -}}
- name: MCP_URL
  value: {{ printf "http://%s:%d%s/mcp" (include "gatehouse.fullname" .) (int .Values.service.port) (include "mcp.pathOf" .Values.baseUri) | quote }}
- name: RESOURCE
  value: {{ include "mcp.resource" . | quote }}
- name: ISSUER
  value: {{ include "mcp.publishedIssuer" . | quote }}
- name: REVOKED_WITHIN_SECONDS
  value: {{ add 15 (int .Values.tokenValidation.cacheSeconds) | quote }}
{{- with include "mcp.internalUrl" . }}
- name: AUTH_URL
  value: {{ . | quote }}
{{- end }}
{{- with include "mcp.testClientSecret" . }}
- name: TEST_CLIENT_ID
  value: {{ $.Values.testClient.clientId | quote }}
- name: TEST_CLIENT_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.testClient.secretKey }}
      # The auth release may have been told to make no test client.
      optional: true
{{- end }}
{{- end -}}

{{/* As clients are told it: the first of several; GitHub's metadata names another than its host. */}}
{{- define "mcp.publishedIssuer" -}}
{{- $issuer := splitList "," (include "mcp.issuer" .) | first | trim -}}
{{- ternary "https://github.com/login/oauth" $issuer (eq $issuer "https://github.com") -}}
{{- end -}}

{{- define "mcp.testClientSecret" -}}
{{- with .Values.authServer -}}
{{- $.Values.testClient.existingSecret | default (ternary (printf "%s-credentials" .release) "" (ne .release "")) -}}
{{- end -}}
{{- end -}}

{{- define "mcp.testEgress" -}}
{{ include "gatehouse.serviceEgress" . }}
- to:
    - podSelector:
        matchLabels:
          {{- include "gatehouse.selectorLabels" (dict "root" . "component" .Chart.Name) | nindent 10 }}
  ports:
    - { port: http, protocol: TCP }
{{- end -}}
