{{/* Values of the MCP service that do not go together: each a sentence that says what to change. */}}

{{- define "app.problems" -}}
{{ include "mcp.serverProblems" . }}
{{ include "mcp.addressProblems" . }}
{{ include "mcp.introspectionProblems" . }}
{{ include "mcp.providerProblems" . }}
{{ include "mcp.fileProblems" . }}
{{- end -}}

{{- define "mcp.isLoopback" -}}
{{- if has (urlParse .).hostname (list "localhost" "127.0.0.1" "::1") -}}true{{- end -}}
{{- end -}}

{{/* Which authorization server it is, and whose Redis. */}}
{{- define "mcp.serverProblems" -}}
{{- $server := .Values.authServer }}
{{- if not (or $server.release $server.url $server.existingSecret) }}
No authorization server is named. Install Gatehouse's own by `helm install auth ./helm/auth` and name it: `helm install {{ .Release.Name }} ./helm/mcp --set authServer.release=auth`. Or name a provider's issuer: authServer.url=https://….
{{- end }}
{{- if and $server.url $server.existingSecret }}
authServer.url and authServer.existingSecret both name authorization servers: put the issuer {{ $server.url }} into the file of that Secret and leave authServer.url empty.
{{- end }}
{{- if and $server.release (eq $server.release .Release.Name) }}
authServer.release is {{ $server.release }}, this release itself: give the name of the release of the auth chart, which `helm list` shows.
{{- end }}
{{- if and $server.fullname (not $server.release) }}
authServer.fullname is the name of a release's Service and authServer.release is empty: set that too, or authServer.internalUrl in place of both.
{{- end }}
{{- if and $server.redis.existingSecret (or (not $server.release) (not $server.redis.enabled) .Values.redis.enabled .Values.externalRedis.enabled) }}
authServer.redis.existingSecret holds the password of the Redis of authServer.release, which these values do not use: leave it empty, or leave redis.enabled and externalRedis.enabled false.
{{- end }}
{{- end -}}

{{/* URLs that are not safe, or that no pod can reach. */}}
{{- define "mcp.addressProblems" -}}
{{- $server := .Values.authServer }}
{{- $ingress := and .Values.ingress.enabled (not .Values.ingress.host) }}
{{- $route := and .Values.httpRoute.enabled (not .Values.httpRoute.hostnames) }}
{{- if include "mcp.isLoopback" .Values.baseUri }}
{{- if or $ingress $route }}
{{ ternary "ingress.enabled" "httpRoute.enabled" (not (empty $ingress)) }} publishes {{ .Values.baseUri }}, which is a loopback address: set baseUri to the public URL, such as https://mcp.example.com.
{{- end }}
{{- else if and (hasPrefix "http://" .Values.baseUri) (not $server.allowHttp) }}
baseUri {{ .Values.baseUri }} is plain http and not on a loopback host, so that tokens would cross the network unprotected: use https://, or accept it with authServer.allowHttp=true.
{{- end }}
{{- range splitList "," $server.url | compact }}
{{- $issuer := trim . }}
{{- if include "mcp.isLoopback" $issuer }}
{{- if not (or $server.release $server.internalUrl) }}
authServer.url {{ $issuer }} is a loopback address, at which a pod finds itself: set authServer.internalUrl to where pods reach that server, or authServer.release to the release of the auth chart.
{{- end }}
{{- else if and (hasPrefix "http://" $issuer) (not $server.allowHttp) }}
authServer.url {{ $issuer }} is plain http and not on a loopback host, so that anybody in between could forge it: use https://, or accept it with authServer.allowHttp=true.
{{- end }}
{{- end }}
{{- if contains "," $server.url }}
{{- $single := list }}
{{- if $server.internalUrl }}{{ $single = append $single "authServer.internalUrl" }}{{ end }}
{{- if .Values.introspection.url }}{{ $single = append $single "introspection.url" }}{{ end }}
{{- if .Values.tokenValidation.jwksUrl }}{{ $single = append $single "tokenValidation.jwksUrl" }}{{ end }}
{{- with $single }}
authServer.url names several issuers, and {{ join " and " . }} can be one's only: give each its own in the file of authServer.existingSecret.
{{- end }}
{{- end }}
{{- end -}}

{{/* Credentials that are asked for and not there, or there and never used. */}}
{{- define "mcp.introspectionProblems" -}}
{{- $asked := .Values.introspection }}
{{- $strategy := .Values.tokenValidation.strategy }}
{{- $id := include "mcp.introspectionClientId" . }}
{{- $bySecret := hasPrefix "client_secret" $asked.authMethod }}
{{- $byKey := eq $asked.authMethod "private_key_jwt" }}
{{- if .Values.authServer.existingSecret }}
{{- else if and $bySecret $id (not (include "mcp.introspectionSecret" .)) }}
introspection.clientId is {{ $id }} and introspection.existingSecret is empty: name the Secret that holds its secret under the key {{ $asked.secretKey }}, or leave introspection.clientId empty to ask nobody.
{{- else if and $byKey (not (and $id $asked.privateKey.existingSecret)) }}
introspection.authMethod is private_key_jwt, which needs introspection.clientId and introspection.privateKey.existingSecret, the Secret with the private JWK.
{{- else if and (or $asked.existingSecret $asked.privateKey.existingSecret) (not $id) }}
introspection.existingSecret is set and introspection.clientId is empty: say whose secret it is.
{{- else if and (has $strategy (list "introspection" "hybrid")) (not $id) (ne $asked.authMethod "none") }}
tokenValidation.strategy is {{ $strategy }}, which asks the authorization server: set introspection.clientId and introspection.existingSecret, or introspection.authMethod=none where the network alone guards the endpoint.
{{- end }}
{{- if and $asked.privateKey.existingSecret (not $byKey) }}
introspection.privateKey.existingSecret is read for introspection.authMethod=private_key_jwt only: set that, or leave the former empty.
{{- end }}
{{- if and $asked.existingSecret (not $bySecret) }}
introspection.existingSecret is not read with introspection.authMethod={{ $asked.authMethod }}: leave it empty, or choose client_secret_basic.
{{- end }}
{{- end -}}

{{/* What some providers cannot do without. */}}
{{- define "mcp.providerProblems" -}}
{{- $server := .Values.authServer }}
{{- $tokens := .Values.tokenValidation }}
{{- range splitList "," $server.url | compact }}
{{- $issuer := urlParse (trim .) }}
{{- $is := dict "github" (or (eq $server.provider "github") (eq $issuer.hostname "github.com")) "google" (or (eq $server.provider "google") (eq $issuer.hostname "accounts.google.com")) }}
{{- if and $is.github (not (include "mcp.introspectionSecret" $)) }}
GitHub tells about tokens only whoever has the app's secret: set introspection.clientId and introspection.existingSecret to those of your OAuth App or GitHub App.
{{- end }}
{{- if and $is.google (not $tokens.allowedClientIds) }}
Google's tokens are for a client, so that every other application's would be accepted: list your OAuth clients in tokenValidation.allowedClientIds.
{{- end }}
{{- if and (eq $issuer.hostname "login.microsoftonline.com") (regexMatch "^/(common|organizations|consumers)(/|$)" $issuer.path) (not $tokens.allowedTenants) }}
authServer.url {{ trim . }} stands for every tenant of Entra: list yours in tokenValidation.allowedTenants, or put your tenant's id into the URL.
{{- end }}
{{- end }}
{{- end -}}

{{/* With a file, each server has settings of its own in it. */}}
{{- define "mcp.fileProblems" -}}
{{- if .Values.authServer.existingSecret }}
{{- $unread := list }}
{{- range $name := list "authServer.internalUrl" "authServer.provider" "introspection.clientId" "introspection.existingSecret" "introspection.url" "introspection.privateKey.existingSecret" "tokenValidation.allowedClientIds" "tokenValidation.allowedAudiences" "tokenValidation.allowedTenants" "tokenValidation.scopePrefix" "tokenValidation.jwksUrl" }}
{{- $value := $.Values }}
{{- range splitList "." $name }}{{ $value = get $value . }}{{ end }}
{{- if $value }}{{ $unread = append $unread $name }}{{ end }}
{{- end }}
{{- if ne .Values.tokenValidation.strategy "auto" }}{{ $unread = append $unread "tokenValidation.strategy" }}{{ end }}
{{- with $unread }}
authServer.existingSecret holds a file in which each authorization server has settings of its own, so that {{ join " and " . }} would not be read: move them into the file.
{{- end }}
{{- end }}
{{- end -}}
