{{/*
The termination grace period in seconds. Running jobs and waiting callers finish in parallel, so the longer
of the two counts; a waiting caller is answered at most two seconds after its wait.
*/}}
{{- define "marquee.grace" -}}
{{- $drain := .Values.drain -}}
{{- $answers := add 2 (div (add 999 (int .Values.renderer.config.RENDER_WAIT_MS)) 1000) -}}
{{- add (int $drain.preStopSeconds) (max (int $drain.seconds) $answers) (int $drain.closeSeconds) -}}
{{- end }}

{{/* Common to all pods: no token, no injected variables, no privileges. */}}
{{- define "marquee.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- end }}

{{/* Wait until no more requests are routed here. Before 1.30 the kubelet's own sleep is not enabled by default. */}}
{{- define "marquee.preStop" -}}
{{- if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version -}}
sleep:
  seconds: {{ .Values.drain.preStopSeconds }}
{{- else -}}
exec:
  command: [python, -c, "import time; time.sleep({{ .Values.drain.preStopSeconds }})"]
{{- end -}}
{{- end }}

{{/* Spread over zones and nodes. Takes (dict "root" . "component" "…"). */}}
{{- define "marquee.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: {{ $.root.Values.topologySpread.whenUnsatisfiable }}
  labelSelector:
    matchLabels:
      {{- include "marquee.selector" $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{/*
A Deployment. Takes a dict: root, component, program (the Python package), settings (its part of the values), replicas
(empty: an autoscaler's), resources, variables (text of the ConfigMap), map (its name), secrets (names), role, serves.
*/}}
{{- define "marquee.deployment" -}}
{{- $root := .root -}}
{{- $settings := .settings -}}
{{- $labels := dict "root" $root "component" .component -}}
{{- $full := include "marquee.fullname" $root -}}
{{- $disk := and (eq .program "renderer") (include "marquee.hasDisk" $root) -}}
{{- $extras := dict "root" $root "program" .program -}}
{{- $mounts := include "marquee.extraMounts" $extras | trim -}}
{{- $volumes := include "marquee.extraVolumes" $extras | trim -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $full }}-{{ .component }}
  labels:
    {{- include "marquee.labels" $labels | nindent 4 }}
spec:
  {{- with include "marquee.replicas" . }}
  {{- . | nindent 2 }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "marquee.selector" $labels | nindent 6 }}
  template:
    metadata:
      annotations:
        checksum/config: {{ .variables | sha256sum }}
        checksum/secrets: {{ include "marquee.givenSecrets" (dict "root" $root "names" .secrets) | sha256sum }}
        {{- with $settings.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      labels:
        {{- include "marquee.labels" $labels | nindent 8 }}
        {{- with $settings.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "marquee.podBasics" $root | nindent 6 }}
      serviceAccountName: {{ include "marquee.serviceAccountName" $root }}
      terminationGracePeriodSeconds: {{ include "marquee.grace" $root }}
      containers:
        - name: {{ .component }}
          image: {{ include "marquee.image" (dict "root" $root "image" $settings.image) | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          command: [python, -m, {{ .program }}]
          securityContext:
            {{- toYaml $root.Values.securityContext | nindent 12 }}
          envFrom:
            - configMapRef:
                name: {{ $full }}-{{ .program }}
          env:
            {{- with .role }}
            - name: RENDERER_ROLE
              value: {{ . }}
            {{- end }}
            {{- if .concurrencyByLimit }}
            - name: RENDER_CONCURRENCY
              valueFrom:
                resourceFieldRef:
                  containerName: {{ .component }}
                  resource: limits.cpu
            {{- end }}
            {{- include "marquee.secretVariables" (dict "root" $root "names" .secrets "own" $full) | trim | nindent 12 }}
            {{- include "marquee.extraVariables" $extras | nindent 12 }}
          ports:
            {{- if .serves }}
            - name: http
              containerPort: {{ $settings.listen.port }}
            {{- end }}
            - name: metrics
              containerPort: {{ $settings.listen.metricsPort }}
          startupProbe:
            httpGet:
              path: /livez
              port: metrics
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet:
              path: /livez
              port: metrics
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet:
              path: /readyz
              port: metrics
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          lifecycle:
            preStop:
              {{- include "marquee.preStop" $root | nindent 14 }}
          {{- with .resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- if or $disk $mounts }}
          volumeMounts:
            {{- if $disk }}
            - name: copies
              mountPath: {{ $root.Values.renderer.config.CACHE_DIR }}
            {{- end }}
            {{- $mounts | nindent 12 }}
          {{- end }}
      {{- if or $disk $volumes }}
      volumes:
        {{- if $disk }}
        - name: copies
          emptyDir:
            sizeLimit: {{ include "marquee.diskSize" $root }}
        {{- end }}
        {{- $volumes | nindent 8 }}
      {{- end }}
      {{- if $root.Values.topologySpread.enabled }}
      topologySpreadConstraints:
        {{- include "marquee.spread" $labels | trim | nindent 8 }}
      {{- end }}
      {{- include "marquee.placement" $settings | nindent 6 }}
{{- end }}
