{{/* What stands around a Deployment: Service, budget, scaling. Each takes what `part.deployment` takes. */}}

{{/* gRPC: headless, so that clients see every pod and go round them. HTTPS: a cluster IP. */}}
{{- define "part.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "part.name" . }}
  labels:
    {{- include "part.labels" . | nindent 4 }}
spec:
  {{- if eq .probe "grpc" }}
  clusterIP: None
  {{- end }}
  selector:
    {{- include "part.selector" . | nindent 4 }}
  ports:
    - name: {{ .probe }}
      port: {{ .servicePort | default .port }}
      targetPort: {{ .probe }}
{{- end }}

{{- define "part.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "part.name" . }}
  labels:
    {{- include "part.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "part.selector" . | nindent 6 }}
{{- end }}

{{- define "part.scaling" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "part.name" . }}
  labels:
    {{- include "part.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "part.name" . }}
  minReplicas: {{ .values.replicas }}
  maxReplicas: {{ .values.autoscaling.most }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .values.autoscaling.cpuPercent }}
    {{- with .values.autoscaling.inFlightPerPod }}
    - type: Pods
      pods:
        metric:
          name: http_server_active_requests
        target:
          type: AverageValue
          averageValue: {{ . | quote }}
    {{- end }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
{{- end }}
