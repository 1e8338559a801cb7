{{/* A Service for callers. Takes (dict "root" . "name" "…" "component" "…" "service" values). */}}
{{- define "marquee.service" -}}
{{- $labels := dict "root" .root "component" .component -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "marquee.fullname" .root }}-{{ .name }}
  labels:
    {{- include "marquee.labels" $labels | nindent 4 }}
  {{- with .service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .service.type }}
  selector:
    {{- include "marquee.selector" $labels | nindent 4 }}
  ports:
    - name: http
      port: {{ .service.port }}
      targetPort: http
      appProtocol: http
{{- end }}

{{/* A Service for scraping only, separate from the one for callers. Takes (dict "root" . "component" "…" "port" 3100). */}}
{{- define "marquee.metricsService" -}}
{{- $labels := dict "root" .root "component" .component -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "marquee.fullname" .root }}-{{ .component }}-metrics
  labels:
    {{- include "marquee.labels" $labels | nindent 4 }}
spec:
  type: ClusterIP
  clusterIP: None
  # Processes that are not ready have metrics too, and those matter most.
  publishNotReadyAddresses: true
  selector:
    {{- include "marquee.selector" $labels | nindent 4 }}
  ports:
    - name: metrics
      port: {{ .port }}
      targetPort: metrics
{{- end }}

{{/* Scaling on CPU. Takes (dict "root" . "component" "…" "scaling" values "resources" values "path" "gateway"). */}}
{{- define "marquee.autoscaler" -}}
{{- if not (dig "requests" "cpu" "" .resources) -}}
{{- fail (printf "%s.autoscaling needs %s.resources.requests.cpu: the target is a percentage of it." .path .path) -}}
{{- end -}}
{{- if gt (int .scaling.minReplicas) (int .scaling.maxReplicas) -}}
{{- fail (printf "%s.autoscaling.minReplicas must not be more than its maxReplicas." .path) -}}
{{- end -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "marquee.fullname" .root }}-{{ .component }}
  labels:
    {{- include "marquee.labels" (dict "root" .root "component" .component) | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "marquee.fullname" .root }}-{{ .component }}
  minReplicas: {{ .scaling.minReplicas }}
  maxReplicas: {{ .scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .scaling.targetCPUUtilizationPercentage }}
{{- end }}

{{/* Takes (dict "root" . "component" "…" "budget" values). */}}
{{- define "marquee.budget" -}}
{{- $labels := dict "root" .root "component" .component -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "marquee.fullname" .root }}-{{ .component }}
  labels:
    {{- include "marquee.labels" $labels | nindent 4 }}
spec:
  maxUnavailable: {{ .budget.maxUnavailable }}
  # A pod that is not ready serves no requests, so it does not block draining its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "marquee.selector" $labels | nindent 6 }}
{{- end }}

{{/* One egress rule. Takes (dict "to" list "port" 5432 "sentinelPort" ""); an empty list allows every destination. */}}
{{- define "marquee.leaves" -}}
- ports:
    - port: {{ .port }}
      protocol: TCP
    {{- with .sentinelPort }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Egress rules of a renderer, and of a Job that runs its commands. */}}
{{- define "marquee.rendererLeaves" -}}
{{- $policy := .Values.networkPolicy -}}
{{- list
  (include "marquee.leaves" $policy.postgres)
  (include "marquee.leaves" $policy.redis)
  (include "marquee.leaves" $policy.s3)
  (include "marquee.leaves" $policy.sources)
  | join "\n"
-}}
{{- end }}

{{- define "marquee.leavesForNames" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/*
The connections to and from a component. Takes a dict: root, component, port (empty: it has no callers),
metricsPort (empty: a Job, which serves nothing), callers (components of this chart that call it), and leaves (egress rules as text).
*/}}
{{- define "marquee.networkPolicy" -}}
{{- $root := .root -}}
{{- $labels := dict "root" $root "component" .component -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "marquee.fullname" $root }}-{{ .component }}
  labels:
    {{- include "marquee.labels" $labels | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "marquee.selector" $labels | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or .port .metricsPort }}
  ingress:
    {{- if .port }}
    - ports:
        - port: {{ .port }}
          protocol: TCP
      {{- with $root.Values.networkPolicy.ingressFrom }}
      from:
        {{- toYaml . | nindent 8 }}
        {{- range $.callers }}
        - podSelector:
            matchLabels:
              {{- include "marquee.selector" (dict "root" $root "component" .) | nindent 14 }}
        {{- end }}
      {{- end }}
    {{- end }}
    - ports:
        - port: {{ .metricsPort }}
          protocol: TCP
      {{- with $root.Values.networkPolicy.metricsFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  {{- end }}
  egress:
    {{- include "marquee.leavesForNames" $root | nindent 4 }}
    {{- .leaves | trim | nindent 4 }}
    {{- with $root.Values.networkPolicy.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
