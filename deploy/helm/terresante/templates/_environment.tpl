{{/*
What a process of the platform is told: the table of docs/architecture.md. A list of env entries, as YAML.
`root`, `name`. Whatever is secret comes from a Secret, by key or by file.
*/}}
{{- define "platform.environment" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $part := index (include "platform.parts" . | fromYaml) $name -}}
{{- $values := index $root.Values.services $name -}}
{{- $settings := include "platform.everybody" . | fromYaml -}}
{{- range $peer := $part.calls -}}
{{- $_ := set $settings (printf "%s_ADDRESS" (upper $peer)) (printf "dns:///%s:5000" (include "part.name" (dict "root" $root "name" $peer))) -}}
{{- end -}}
{{- range $setting, $where := $part.files -}}
{{- $_ := set $settings $setting (printf "/run/terresante/%s/%s" (kebabcase (index $where 0)) (index $where 1)) -}}
{{- end -}}
{{- if $part.realm -}}
{{- $_ := set $settings "KEYCLOAK_URL" (include "platform.keycloakUrl" $root) -}}
{{- $_ := set $settings "KEYCLOAK_REALM" $part.realm -}}
{{- $_ := set $settings "KEYCLOAK_CLIENT_SECRET_FILE" (printf "/run/terresante/keycloak-clients/%s" $part.realm) -}}
{{- end -}}
{{- if ne $name "gateway" -}}
{{- $_ := set $settings "NATS_URL" (include "platform.natsUrl" $root) -}}
{{- $_ := set $settings "DATABASE_POOL" ($values.databasePool | toString) -}}
{{- end -}}
{{- if eq $name "gateway" -}}
{{- $_ := set $settings "PUBLIC_URL" $root.Values.gateway.publicUrl -}}
{{- $_ := set $settings "CORS_ORIGINS" ($root.Values.gateway.corsOrigins | toJson) -}}
{{- else if eq $name "records" -}}
{{- $_ := set $settings "STORE_URL" ($root.Values.store.url | default "file:///var/lib/terresante/documents") -}}
{{- else if eq $name "messaging" -}}
{{- $_ := set $settings "STORE_URL" ($root.Values.store.attachmentsUrl | default "file:///var/lib/terresante/attachments") -}}
{{- $settings = merge $settings (include "platform.mail" $root | fromYaml) -}}
{{- with $root.Values.webhooks.caSecret -}}
{{- $settings = set $settings "WEBHOOK_CA_FILE" "/run/terresante/webhooks-ca/ca.crt" -}}
{{- end -}}
{{- else if eq $name "identity" -}}
{{- $_ := set $settings "PORTAL_URL" (include "platform.patientPage" $root) -}}
{{- end -}}
{{- if include "platform.hasPages" . -}}
{{- $_ := set $settings "WORKBENCH_LISTEN" (printf "0.0.0.0:%v" (include "platform.ports" . | fromYaml).workbench) -}}
{{- $_ := set $settings "WORKBENCH_URL" $root.Values.workbench.url -}}
{{- $_ := set $settings "WORKBENCH_KEY_FILE" "/run/terresante/workbench-key/workbench.pem" -}}
{{- end -}}
{{- range $setting, $value := $values.settings -}}
{{- $_ := set $settings $setting ($value | toString) -}}
{{- end -}}
{{- range $setting := keys $settings | sortAlpha }}
- name: TERRESANTE_{{ upper $name }}_{{ $setting }}
  value: {{ index $settings $setting | quote }}
{{- end }}
{{- if ne $name "gateway" }}
{{- include "platform.databaseEnvironment" (dict "root" $root "name" $name "variable" (printf "TERRESANTE_%s_DATABASE_URL" (upper $name)) "key" "url") }}
{{- end }}
{{- if has $name (list "records" "messaging") }}
{{- include "platform.storeEnvironment" $root }}
{{- end }}
- name: PYTHONUNBUFFERED
  value: "1"
{{- if $root.Values.telemetry.endpoint }}
- name: K8S_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: OTEL_RESOURCE_ATTRIBUTES
  value: service.namespace={{ $root.Release.Namespace }},service.version={{ $root.Values.images.tag | default $root.Chart.AppVersion }},k8s.namespace.name={{ $root.Release.Namespace }},k8s.pod.name=$(K8S_POD_NAME)
{{- end }}
{{- end }}

{{- define "platform.everybody" -}}
{{- $root := .root -}}
LISTEN: {{ ternary "0.0.0.0:8443" "0.0.0.0:5000" (eq .name "gateway") | quote }}
TLS_CERT_FILE: /run/terresante/tls/tls.crt
TLS_KEY_FILE: /run/terresante/tls/tls.key
TLS_CA_FILE: /run/terresante/tls/ca.crt
ISSUERS: {{ include "platform.issuers" $root | quote }}
{{- with include "platform.caFile" (dict "root" $root "of" "keycloak") }}
ISSUERS_CA_FILE: {{ . }}
{{- end }}
OTLP_ENDPOINT: {{ $root.Values.telemetry.endpoint | quote }}
TRACE_RATIO: {{ $root.Values.telemetry.traceRatio | toString | quote }}
LOG_LEVEL: {{ $root.Values.telemetry.logLevel }}
DRAIN_SECONDS: {{ $root.Values.rollout.drainSeconds | toString | quote }}
{{- end }}

{{/* `variable`: its name; `key`: `url` (run-time role) or `owner-url` (migrations). */}}
{{- define "platform.databaseEnvironment" }}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ include "platform.databaseSecret" . }}
      key: {{ .key }}
{{- /* The demo's PostgreSQL is a wheel built without TLS; policies alone stand around it. */}}
- name: PGSSLMODE
  value: {{ ternary "disable" .root.Values.database.sslmode .root.Values.demo.enabled }}
{{- with include "platform.caFile" (dict "root" .root "of" "database") }}
- name: PGSSLROOTCERT
  value: {{ . }}
{{- end }}
{{- end }}

{{/* How mail leaves, and where it sends people; nothing without a mail server. */}}
{{- define "platform.mail" -}}
{{- with .Values.mail }}
{{- if .host }}
SMTP_HOST: {{ .host | quote }}
SMTP_PORT: {{ .port | toString | quote }}
SMTP_SECURITY: {{ .security | quote }}
SMTP_USER: {{ .user | quote }}
MAIL_FROM: {{ .from | quote }}
PORTAL_URL: {{ .portalUrl | quote }}
{{- if .user }}
SMTP_PASSWORD_FILE: /run/terresante/mail/password
{{- end }}
{{- if .caSecret }}
SMTP_CA_FILE: /run/terresante/mail-ca/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "platform.storeEnvironment" }}
{{- if hasPrefix "s3://" .Values.store.url }}
{{- range $variable := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ include "platform.secret" (dict "root" $ "given" $.Values.store.credentialsSecret "own" "store") }}
      key: {{ $variable }}
{{- end }}
{{- with .Values.store.endpoint }}
- name: AWS_ENDPOINT
  value: {{ . }}
{{- end }}
{{- with .Values.store.region }}
- name: AWS_REGION
  value: {{ . }}
{{- end }}
{{- end }}
{{- end }}
