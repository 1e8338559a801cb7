{{/*
The pod of an operator's Job: a command of the renderer's image, with the renderer's config and secrets, and a
writable working directory. Takes a dict: root, component, command (its name), job (its part of the values),
ids (the content of the file of titles; empty: no file).
*/}}
{{- define "marquee.jobPod" -}}
{{- $root := .root -}}
{{- $renderer := $root.Values.renderer -}}
{{- $full := include "marquee.fullname" $root -}}
{{- $secrets := include "marquee.rendererSecrets" $root -}}
{{- $extras := dict "root" $root "program" "renderer" -}}
metadata:
  annotations:
    checksum/config: {{ printf "%s%s" (include "marquee.rendererVariables" $root) .ids | sha256sum }}
    checksum/secrets: {{ include "marquee.givenSecrets" (dict "root" $root "names" $secrets) | sha256sum }}
    {{- with .job.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "marquee.labels" (dict "root" $root "component" .component) | nindent 4 }}
spec:
  {{- include "marquee.podBasics" $root | nindent 2 }}
  serviceAccountName: {{ include "marquee.serviceAccountName" $root }}
  restartPolicy: Never
  containers:
    - name: {{ .component }}
      image: {{ include "marquee.image" (dict "root" $root "image" $renderer.image) | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [python, -m, renderer.cli]
      args:
        - {{ .command }}
        {{- if .ids }}
        - /titles/ids.txt
        {{- end }}
        {{- range .job.args }}
        - {{ . | quote }}
        {{- end }}
      workingDir: /tmp
      securityContext:
        {{- toYaml $root.Values.securityContext | nindent 8 }}
      envFrom:
        - configMapRef:
            name: {{ $full }}-renderer
      env:
        {{- if include "marquee.hasDisk" $root }}
        - name: EXTERNAL_CACHE_ONLY
          value: "true"
        {{- end }}
        {{- include "marquee.secretVariables" (dict "root" $root "names" $secrets "own" $full) | trim | nindent 8 }}
        {{- include "marquee.extraVariables" $extras | nindent 8 }}
      {{- with .job.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - name: scratch
          mountPath: /tmp
        {{- if .ids }}
        - name: titles
          mountPath: /titles
          readOnly: true
        {{- end }}
        {{- include "marquee.extraMounts" $extras | nindent 8 }}
  volumes:
    - name: scratch
      emptyDir:
        sizeLimit: 256Mi
    {{- if .ids }}
    - name: titles
      configMap:
        name: {{ $full }}-{{ .component }}
    {{- end }}
    {{- include "marquee.extraVolumes" $extras | nindent 4 }}
  {{- include "marquee.placement" $renderer | nindent 2 }}
{{- end }}

{{/* The spec of an operator's Job. Takes (dict "job" values "pod" text of its pod). */}}
{{- define "marquee.jobSpec" -}}
activeDeadlineSeconds: {{ .job.activeDeadlineSeconds }}
backoffLimit: {{ .job.backoffLimit }}
# 2: the arguments or the environment are invalid; 3: done, except for lines that can never succeed. Retrying helps neither.
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes:
        operator: In
        values: [2, 3]
template:
  {{- .pod | nindent 2 }}
{{- end }}

{{/*
An operator's Job. A Job cannot be changed, so its name contains a digest of its pod: it runs once for each version of
the pod, and an upgrade that does not change the pod does not run it again. Takes (dict "root" . "component" "…" "job" values "pod" text).
*/}}
{{- define "marquee.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "marquee.fullname" .root }}-{{ .component }}-{{ .pod | sha256sum | trunc 8 }}
  labels:
    {{- include "marquee.labels" (dict "root" .root "component" .component) | nindent 4 }}
spec:
  {{- include "marquee.jobSpec" (dict "job" .job "pod" .pod) | nindent 2 }}
{{- end }}
