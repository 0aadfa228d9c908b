{{/* Names and labels. Every template of this chart takes a dict: `root` (the umbrella's `.`), `name` (the part). */}}

{{- define "part.name" -}}
{{- printf "%s-%s" (.root.Release.Name | trunc 36 | trimSuffix "-") .name -}}
{{- end }}

{{- define "part.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "part.labels" -}}
{{ include "part.selector" . }}
app.kubernetes.io/name: terresante
app.kubernetes.io/part-of: terresante
app.kubernetes.io/version: {{ .root.Values.images.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/*
`image`: the last part of its name; `tag`, if it is another than everybody's. One place says from which registry all come.
A digest, where values give one, decides whatever the tag says.
*/}}
{{- define "part.image" -}}
{{- $images := .root.Values.images -}}
{{- printf "%s/terresante-%s:%s" (trimSuffix "/" $images.registry) .image (.tag | default $images.tag | default .root.Chart.AppVersion) -}}
{{- with index $images.digests .image }}@{{ . }}{{ end -}}
{{- end }}
