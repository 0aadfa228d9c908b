{{/*
One of the demo's own servers: a single pod with a disk. `root`, `name`, `command` (a list), `resources`, `ready` and
`started` (probes, YAML text), `env` (YAML text), `secrets` (list of {at, secret}), `image`, `disk` (where; blank: none), `patience` (looks, two
seconds apart, within which it must have started).
*/}}
{{- define "ground.server" -}}
{{- $port := index (include "platform.ports" . | fromYaml) .name -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "part.name" . }}
  labels:
    {{- include "part.labels" . | nindent 4 }}
  annotations:
    terresante/not-for-production: "true"
spec:
  serviceName: {{ include "part.name" . }}
  replicas: 1
  selector:
    matchLabels:
      {{- include "part.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "part.selector" . | nindent 8 }}
    spec:
      {{- include "part.pod" . | nindent 6 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ .name }}
          {{- include "part.container" (dict "root" .root "image" .image "tag" (.root.Values.demo.tag | default .root.Chart.AppVersion)) | nindent 10 }}
          {{- include "part.resources" .resources | nindent 10 }}
          command: {{ toJson .command }}
          ports:
            - name: server
              containerPort: {{ $port }}
          env:
            {{- .env | nindent 12 }}
          startupProbe:
            {{- .ready | nindent 12 }}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: {{ .patience | default 120 }}
          readinessProbe:
            {{- .ready | nindent 12 }}
            periodSeconds: 10
            timeoutSeconds: 5
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- range .secrets }}
            - name: {{ .at }}
              mountPath: /run/terresante/{{ .at }}
              readOnly: true
            {{- end }}
            {{- with .disk }}
            - name: disk
              mountPath: {{ . }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 512Mi
        {{- range .secrets }}
        - name: {{ .at }}
          secret:
            secretName: {{ include "part.name" (dict "root" $.root "name" .secret) }}
            defaultMode: 0440
        {{- end }}
  {{- if .disk }}
  volumeClaimTemplates:
    - metadata:
        name: disk
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .root.Values.demo.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .root.Values.demo.storageSize }}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "part.name" . }}
  labels:
    {{- include "part.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "part.selector" . | nindent 4 }}
  ports:
    - name: server
      port: {{ $port }}
      targetPort: server
{{- end }}
