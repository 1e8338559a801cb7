{{/*
What an operator adds to the pods of a program: variables, volumes, and certificates of a private authority. Each takes
(dict "root" . "program" "gateway").
*/}}
{{- define "marquee.extraVariables" -}}
{{- $values := .root.Values -}}
{{- if include "marquee.hasCaBundle" .root }}
# Python and OpenSSL read this file besides the system's certificates.
- name: SSL_CERT_FILE
  value: /etc/marquee/ca/{{ $values.caBundle.key }}
{{- end }}
{{- $known := merge (dict "LISTEN_ADDR" "" "METRICS_ADDR" "" "RENDERER_ROLE" "" "DRAIN_SECS" "" "SSL_CERT_FILE" "")
  $values.config $values.gateway.config $values.renderer.config (omit $values.secrets "existingSecret") -}}
{{- range (get $values .program).extraEnv }}
{{- if hasKey $known .name }}
{{- fail (printf "%s.extraEnv names %s, which has a value of its own in this chart: set that." $.program .name) }}
{{- end }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- define "marquee.extraMounts" -}}
{{- if include "marquee.hasCaBundle" .root }}
- name: ca
  mountPath: /etc/marquee/ca
  readOnly: true
{{- end }}
{{- with (get .root.Values .program).extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "marquee.extraVolumes" -}}
{{- with .root.Values.caBundle }}
{{- if include "marquee.hasCaBundle" $.root }}
- name: ca
  {{- if .secret }}
  secret:
    secretName: {{ .secret }}
  {{- else }}
  configMap:
    name: {{ .configMap }}
  {{- end }}
    items:
      - key: {{ .key }}
        path: {{ .key }}
{{- end }}
{{- end }}
{{- with (get .root.Values .program).extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Not empty if there are certificates of a private authority. */}}
{{- define "marquee.hasCaBundle" -}}
{{- with .Values.caBundle -}}
{{- if and .configMap .secret }}{{ fail "caBundle has both a configMap and a secret; set only one of them." }}{{ end -}}
{{- if or .configMap .secret }}true{{ end -}}
{{- end -}}
{{- end }}

{{/* Where pods run, and what they may displace. Takes a program's part of the values. */}}
{{- define "marquee.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
The number of replicas in a Deployment's manifest. Takes the dict of marquee.deployment.

An autoscaler sets it, so the manifest should have none. But what a release no longer names is reset to the default by
Kubernetes, which is 1, unless somebody else owns it: turning on an autoscaler would stop all pods but one. So the live
number stays named while Helm alone owns it; named longer, it would be in conflict with the autoscaler. Helm 3 owns
nothing and resets what it named before, so there the live number is always named. Where the cluster cannot be asked (helm
template), nothing is named.
*/}}
{{- define "marquee.replicas" -}}
{{- if not .autoscaled -}}
replicas: {{ .replicas }}
{{- else -}}
{{- $name := printf "%s-%s" (include "marquee.fullname" .root) .component -}}
{{- $live := lookup "apps/v1" "Deployment" .root.Release.Namespace $name -}}
{{- $applied := false -}}
{{- $ours := false -}}
{{- $others := false -}}
{{- range dig "metadata" "managedFields" list $live -}}
{{- $owns := hasKey (dig "fieldsV1" "f:spec" dict .) "f:replicas" -}}
{{- if and (eq .operation "Apply") (hasKey (dig "fieldsV1" "f:metadata" "f:annotations" dict .) "f:meta.helm.sh/release-name") -}}
{{- $applied = true -}}
{{- $ours = $owns -}}
{{- else if $owns -}}
{{- $others = true -}}
{{- end -}}
{{- end -}}
{{- if and (hasKey (dig "spec" dict $live) "replicas") (or (not $applied) (and $ours (not $others))) -}}
replicas: {{ int $live.spec.replicas }}
{{- end -}}
{{- end -}}
{{- end }}
