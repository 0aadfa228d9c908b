{{/* The Secrets that a part reads as files, under /run/terresante/. kubelet renews them in place; processes notice. `root`, `name`. */}}
{{- define "platform.files" -}}
{{- $files := list -}}
{{- if ne .name "migrate" -}}
{{- $files = append $files (dict "at" "tls" "secret" (include "platform.tlsSecret" .)) -}}
{{- end -}}
{{- $part := index (include "platform.parts" . | fromYaml) .name | default dict -}}
{{- range $where := $part.files | default dict -}}
{{- $kind := index $where 0 -}}
{{- $files = append $files (dict "at" (kebabcase $kind) "secret" (include "platform.secretOf" (dict "root" $.root "kind" $kind)) "keys" (list (index $where 1))) -}}
{{- end -}}
{{- if and (eq .name "messaging") .root.Values.mail.host -}}
{{- if .root.Values.mail.user -}}
{{- $files = append $files (dict "at" "mail" "secret" (include "platform.secret" (dict "root" .root "given" .root.Values.mail.passwordSecret "own" "mail")) "keys" (list "password")) -}}
{{- end -}}
{{- with .root.Values.mail.caSecret -}}
{{- $files = append $files (dict "at" "mail-ca" "secret" . "keys" (list "ca.crt")) -}}
{{- end -}}
{{- end -}}
{{- if eq .name "messaging" -}}
{{- with .root.Values.webhooks.caSecret -}}
{{- $files = append $files (dict "at" "webhooks-ca" "secret" . "keys" (list "ca.crt")) -}}
{{- end -}}
{{- end -}}
{{- if include "platform.hasPages" . -}}
{{- $files = append $files (dict "at" "workbench-key" "secret" (include "platform.secretOf" (dict "root" .root "kind" "workbenchKey")) "keys" (list "workbench.pem")) -}}
{{- end -}}
{{- if $part.realm -}}
{{- $files = append $files (dict "at" "keycloak-clients" "secret" (include "platform.secretOf" (dict "root" .root "kind" "keycloakClients")) "keys" (list $part.realm)) -}}
{{- end -}}
{{- range $of := ternary (list "keycloak" "database") (ternary (list "database") list (eq .name "migrate")) (not (empty $part)) -}}
{{- $secret := include "platform.caSecret" (dict "root" $.root "of" $of) -}}
{{- if and $secret (not (and (eq $.name "gateway") (eq $of "database"))) -}}
{{- $files = append $files (dict "at" (printf "%s-ca" $of) "secret" $secret "keys" (list "ca.crt")) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "files" $files) -}}
{{- end }}

{{- define "platform.mounts" }}
{{- range (include "platform.files" . | fromYaml).files }}
- name: {{ .at }}
  mountPath: /run/terresante/{{ .at }}
  readOnly: true
{{- end }}
{{- $claim := include "platform.claim" . }}
{{- if $claim }}
- name: contents
  mountPath: /var/lib/terresante/{{ include "platform.contents" . }}
{{- end }}
{{- end }}

{{- define "platform.volumes" }}
{{- range (include "platform.files" . | fromYaml).files }}
- name: {{ .at }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    {{- with .keys }}
    items:
      {{- range . }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
    {{- end }}
{{- end }}
{{- $claim := include "platform.claim" . }}
{{- if $claim }}
- name: contents
  persistentVolumeClaim:
    claimName: {{ $claim }}
{{- end }}
{{- end }}

{{/* What sealed contents a part keeps, and so the name of their volume: documents, attachments, or none. `name`. */}}
{{- define "platform.contents" -}}
{{- get (dict "records" "documents" "messaging" "attachments") .name -}}
{{- end }}

{{/* The claim that holds them when no object store does. `root`, `name`. */}}
{{- define "platform.claim" -}}
{{- $store := .root.Values.store -}}
{{- if and (eq .name "records") (not $store.url) -}}
{{- $store.existingClaim | default (include "part.name" (dict "root" .root "name" "documents")) -}}
{{- else if and (eq .name "messaging") (not $store.attachmentsUrl) -}}
{{- $store.existingAttachmentsClaim | default (include "part.name" (dict "root" .root "name" "attachments")) -}}
{{- end -}}
{{- end }}

{{/* An init container that ends once the schema is at least what this very image needs. `root`, `name`. */}}
{{- define "platform.awaitSchema" -}}
- name: schema
  {{- include "part.container" (dict "root" .root "image" .name) | nindent 2 }}
  {{- include "part.resources" (dict "cpu" "10m" "memory" "128Mi") | nindent 2 }}
  command: [/app/bin/python, -m, terresante_deploy.schema, await, terresante_{{ .name }}]
  env:
    {{- include "platform.databaseEnvironment" (dict "root" .root "name" .name "variable" "TERRESANTE_SCHEMA_DATABASE_URL" "key" "url") | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- include "platform.mounts" . | nindent 4 }}
{{- end }}
