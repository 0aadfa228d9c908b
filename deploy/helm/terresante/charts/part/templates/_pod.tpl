{{/* What every pod of the platform has, restricted as Pod Security wants it. `token: true`: it speaks to the API server. */}}
{{- define "part.pod" -}}
automountServiceAccountToken: {{ .token | default false }}
{{- /* Service links would set TERRESANTE_<SERVICE>_PORT, which the services refuse as unknown settings. */}}
enableServiceLinks: false
serviceAccountName: {{ .account | default (printf "%s-pods" .root.Release.Name) }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "part.restricted" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Memory request = limit; no CPU limit: a throttled event loop answers late for everybody. `cpu`, `memory`. */}}
{{- define "part.resources" -}}
resources:
  requests:
    cpu: {{ .cpu }}
    memory: {{ .memory }}
  limits:
    memory: {{ .memory }}
{{- end }}

{{- define "part.container" -}}
image: {{ include "part.image" . }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
{{ include "part.restricted" . }}
{{- end }}
