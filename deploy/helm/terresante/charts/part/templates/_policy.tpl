{{/*
One edge, both its ends: `from` may open connections to `to`, and `to` accepts them from `from`. `port`: the number.
`outside`: a list of {cidr, port}; then `to` is no pod of ours and only the way out is written.
*/}}
{{- define "part.edge" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "part.name" (dict "root" .root "name" (printf "%s-calls-%s" .from .to)) }}
  labels:
    {{- include "part.labels" (dict "root" .root "name" "network") | nindent 4 }}
  annotations:
    terresante/edge: {{ .from }} -> {{ .to }}
spec:
  podSelector:
    matchLabels:
      {{- include "part.selector" (dict "root" .root "name" .from) | nindent 6 }}
  policyTypes: [Egress]
  egress:
    {{- if .outside }}
    {{- range .outside }}
    - to:
        - ipBlock:
            cidr: {{ .cidr }}
      ports:
        - protocol: TCP
          port: {{ .port }}
    {{- end }}
    {{- else }}
    - to:
        - podSelector:
            matchLabels:
              {{- include "part.selector" (dict "root" .root "name" .to) | nindent 14 }}
      ports:
        - protocol: TCP
          port: {{ .port }}
    {{- end }}
{{- if not .outside }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "part.name" (dict "root" .root "name" (printf "%s-hears-%s" .to .from)) }}
  labels:
    {{- include "part.labels" (dict "root" .root "name" "network") | nindent 4 }}
  annotations:
    terresante/edge: {{ .from }} -> {{ .to }}
spec:
  podSelector:
    matchLabels:
      {{- include "part.selector" (dict "root" .root "name" .to) | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            matchLabels:
              {{- include "part.selector" (dict "root" .root "name" .from) | nindent 14 }}
      ports:
        - protocol: TCP
          port: {{ .port }}
{{- end }}
{{- end }}
