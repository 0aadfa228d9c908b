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
{{- if and (eq .name "records") (include "platform.storeClaim" .root) }}
- name: documents
  mountPath: /var/lib/terresante/documents
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
{{- if and (eq .name "records") (include "platform.storeClaim" .root) }}
- name: documents
  persistentVolumeClaim:
    claimName: {{ include "platform.storeClaim" .root }}
{{- end }}
{{- end }}

{{/* The claim that holds documents when no object store does. */}}
{{- define "platform.storeClaim" -}}
{{- if not .Values.store.url -}}
{{- .Values.store.existingClaim | default (include "part.name" (dict "root" . "name" "documents")) -}}
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
