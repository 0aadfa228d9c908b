{{/*
A stateless part. Besides `root` and `name`: `values` (its entry of `services`), `port`, `probe` (`grpc` or `https`),
`pages` (a second port, of pages; blank: none), `environment` (list of env entries), `waits` (init containers, YAML text), `volumes` and `mounts` (YAML text).
*/}}
{{- define "part.deployment" -}}
{{- $values := .values -}}
{{- $rollout := .root.Values.rollout -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "part.name" . }}
  labels:
    {{- include "part.labels" . | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: {{ $rollout.progressDeadlineSeconds }}
  minReadySeconds: {{ $rollout.minReadySeconds }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "part.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "part.labels" . | nindent 8 }}
    spec:
      {{- include "part.pod" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ add $rollout.leaveSeconds $rollout.drainSeconds 10 }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- include "part.spread" . | nindent 6 }}
      {{- with .waits }}
      initContainers:
        {{- . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .name }}
          {{- include "part.container" (dict "root" .root "image" .name) | nindent 10 }}
          {{- include "part.resources" $values.resources | nindent 10 }}
          ports:
            - name: {{ .probe }}
              containerPort: {{ .port }}
            {{- with .pages }}
            - name: pages
              containerPort: {{ . }}
            {{- end }}
          env:
            {{- toYaml .environment | nindent 12 }}
          {{- include "part.probes" . | nindent 10 }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $rollout.leaveSeconds }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- .mounts | nindent 12 }}
      volumes:
        - name: tmp
          emptyDir:
            medium: Memory
            sizeLimit: 64Mi
        {{- .volumes | nindent 8 }}
{{- end }}

{{/* One of a kind per node and per zone, as far as there are some; strictly if the operator says so. */}}
{{- define "part.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ ternary "DoNotSchedule" "ScheduleAnyway" $.root.Values.rollout.strictSpread }}
    labelSelector:
      matchLabels:
        {{- include "part.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/*
Ready: it serves, and says so itself. Alive: its event loop answers at all, whatever it answers.
kubelet's own gRPC probe knows no TLS and these ports know nothing else, hence a program of the image; it costs more than
a request, and pods start together, hence four seconds. The gateway waits up to 90 s for others before it is ready without.
*/}}
{{- define "part.probes" -}}
{{- if eq .probe "grpc" -}}
{{- $ask := printf "[/app/bin/python, -I, -S, /app/probe.py, %s, \"%v\"]" .name .port -}}
startupProbe:
  exec:
    command: {{ $ask }}
  periodSeconds: 4
  timeoutSeconds: 5
  failureThreshold: 45
readinessProbe:
  exec:
    command: {{ $ask }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  exec:
    command: {{ trimSuffix "]" $ask }}, --alive]
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: 4
{{- else -}}
startupProbe:
  httpGet: {path: /ready, port: https, scheme: HTTPS}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 90
readinessProbe:
  httpGet: {path: /ready, port: https, scheme: HTTPS}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /health, port: https, scheme: HTTPS}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 4
{{- end }}
{{- end }}
