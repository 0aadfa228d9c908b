{{/*
The platform as one table: each part, whom it calls (docs/architecture.md, "Edges"), what files it is given.
`realm`: where it makes accounts. `files`: setting -> [Secret (values.secrets), key]. Read with `fromYaml`.
*/}}
{{- define "platform.parts" -}}
identity:
  calls: [consent]
  realm: patient
  files: {}
consent:
  calls: [directory, identity]
  files:
    JOURNAL_KEY_FILE: [journalKey, journal.pem]
records:
  calls: [consent]
  files:
    MASTER_KEY_FILE: [masterKeys, master.key]
messaging:
  calls: [consent, directory]
  files:
    MASTER_KEY_FILE: [messagingKeys, master.key]
directory:
  calls: [consent, messaging]
  realm: pro
  files: {}
gateway:
  calls: [identity, consent, records, messaging, directory]
  files:
    CURSOR_KEY_FILE: [cursorKey, cursor.key]
{{- end }}

{{/* Port numbers, of services, of the door, and of what stands under them. */}}
{{- define "platform.ports" -}}
grpc: 5000
gateway: 8443
workbench: 8444
postgres: 5432
nats: 4222
keycloak: 8443
kubernetes: 6443
{{- end }}

{{/* The name of a Secret: the one that values give, or `<release>-<its own name>`. `given`, `own`. */}}
{{- define "platform.secret" -}}
{{- .given | default (include "part.name" (dict "root" .root "name" .own)) -}}
{{- end }}

{{/* The Secret of a kind of `values.secrets`. `kind`. */}}
{{- define "platform.secretOf" -}}
{{- $own := dict "cursorKey" "gateway-cursor" "masterKeys" "records-master" "messagingKeys" "messaging-master" "journalKey" "consent-journal" "workbenchKey" "directory-workbench" "keycloakClients" "keycloak-clients" "keycloakAdministrator" "keycloak-administrator" -}}
{{- include "platform.secret" (dict "root" .root "given" (index .root.Values.secrets .kind) "own" (index $own .kind)) -}}
{{- end }}

{{- define "platform.tlsSecret" -}}
{{- $given := dig .name "tlsSecret" "" (.root.Values.services | toJson | fromJson) -}}
{{- include "platform.secret" (dict "root" .root "given" $given "own" (printf "%s-tls" .name)) -}}
{{- end }}

{{- define "platform.databaseSecret" -}}
{{- $given := dig .name "databaseSecret" "" (.root.Values.services | toJson | fromJson) -}}
{{- include "platform.secret" (dict "root" .root "given" $given "own" (printf "%s-database" .name)) -}}
{{- end }}

{{- define "platform.keycloakUrl" -}}
{{- if .Values.demo.enabled -}}
https://{{ include "part.name" (dict "root" . "name" "keycloak") }}.{{ .Release.Namespace }}.svc:8443
{{- else -}}
{{ trimSuffix "/" .Values.keycloak.url }}
{{- end -}}
{{- end }}

{{- define "platform.issuers" -}}
{{- $url := include "platform.keycloakUrl" . -}}
{{- $issuers := dict -}}
{{- range $realm, $kinds := .Values.keycloak.kinds -}}
{{- $_ := set $issuers (printf "%s/realms/%s" $url $realm) $kinds -}}
{{- end -}}
{{- toJson $issuers -}}
{{- end }}

{{/* The Secret with the authority of Keycloak's or PostgreSQL's certificates: that of values, the demo's own, or none. `of`. */}}
{{- define "platform.caSecret" -}}
{{- if not .root.Values.demo.enabled -}}{{- (index .root.Values .of).caSecret -}}
{{- else if eq .of "keycloak" -}}{{- include "part.name" (dict "root" .root "name" "ca") -}}
{{- end -}}
{{- end }}

{{/* Where a part reads it; blank: it trusts the system's authorities. */}}
{{- define "platform.caFile" -}}
{{- if include "platform.caSecret" . -}}/run/terresante/{{ .of }}-ca/ca.crt{{- end -}}
{{- end }}

{{- define "platform.natsUrl" -}}
{{- if .Values.demo.enabled -}}
tls://{{ include "part.name" (dict "root" . "name" "nats") }}:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end -}}
{{- end }}

{{/* Where a patient's first login begins: the portal's page, or in the demo Keycloak's own (terresante_dev.login.start_page). */}}
{{- define "platform.patientPage" -}}
{{- if and .Values.demo.enabled (not .Values.gateway.patientPortalUrl) -}}
{{ include "platform.keycloakUrl" . }}/realms/patient/protocol/openid-connect/auth?response_type=code&client_id=portal&redirect_uri={{ printf "%s/callback" .Values.demo.portal | urlquery }}&scope=openid&code_challenge={{ repeat 43 "A" }}&code_challenge_method=S256
{{- else -}}
{{ .Values.gateway.patientPortalUrl }}
{{- end -}}
{{- end }}

{{/* Whether this part serves the administrators' pages. `root`, `name`. */}}
{{- define "platform.hasPages" -}}
{{- if and (eq .name "directory") .root.Values.workbench.enabled -}}yes{{- end -}}
{{- end }}

{{/*
The most connections to PostgreSQL that pods may open together, one more of each service than run while they are replaced: what
the pool of a pod may hold, identity and records as many again for reads, messaging six for its workers, and four of its own (docs/operations.md, "Connections").
*/}}
{{- define "platform.mostConnections" -}}
{{- $all := 0 -}}
{{- range $name, $_ := omit (include "platform.parts" . | fromYaml) "gateway" -}}
{{- $values := index $.Values.services $name -}}
{{- $pods := add 1 (ternary $values.autoscaling.most $values.replicas $values.autoscaling.enabled) -}}
{{- $more := get (dict "identity" $values.databasePool "records" $values.databasePool "messaging" 6) $name | default 0 -}}
{{- $all = add $all (mul $pods (add 4 $values.databasePool $more)) -}}
{{- end -}}
{{- $all -}}
{{- end }}
