{{/* A value as the text that a variable holds. Numbers of a values file are floats, which would be written 1e+07 or 1e-05. */}}
{{- define "marquee.text" -}}
{{- if not (kindIs "float64" .) }}{{ . }}
{{- else if eq (floor .) . }}{{ . | int64 }}
{{- else }}{{ regexReplaceAll "0+$" (printf "%.9f" .) "" }}{{ end -}}
{{- end }}

{{/* The variables that are set: of all maps in "maps", the last one with a value wins. */}}
{{- define "marquee.variables" -}}
{{- $set := dict -}}
{{- range .maps -}}
{{- range $name, $value := . -}}
{{- if ne (include "marquee.text" $value) "" }}{{ $_ := set $set $name (include "marquee.text" $value) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $set -}}
{{- end }}

{{- define "marquee.gatewayVariables" -}}
{{- $_ := required "config.CONTENT_BASE_URL is required: where /c/… is reached from outside." .Values.config.CONTENT_BASE_URL -}}
{{- $listen := .Values.gateway.listen -}}
{{- $renderer := printf "http://%s-renderer:%d" (include "marquee.fullname" .) (int .Values.renderer.service.port) -}}
{{- $own := dict
  "LISTEN_ADDR" (printf "%s:%d" $listen.host (int $listen.port))
  "METRICS_ADDR" (printf "%s:%d" $listen.host (int $listen.metricsPort))
  "RENDERER_URL" $renderer
-}}
{{- include "marquee.variables" (dict "maps" (list $own .Values.config .Values.gateway.config)) -}}
{{- end }}

{{- define "marquee.rendererVariables" -}}
{{- $_ := required "renderer.config.S3_BUCKET is required: where pictures are kept." .Values.renderer.config.S3_BUCKET -}}
{{- $listen := .Values.renderer.listen -}}
{{- $own := dict
  "DRAIN_SECS" .Values.drain.seconds
  "LISTEN_ADDR" (printf "%s:%d" $listen.host (int $listen.port))
  "METRICS_ADDR" (printf "%s:%d" $listen.host (int $listen.metricsPort))
-}}
{{- $chosen := .Values.renderer.config -}}
{{- if not (include "marquee.hasDisk" .) }}{{ $chosen = omit $chosen "CACHE_DIR" "CACHE_DIR_MAX_MB" }}{{ end -}}
{{- include "marquee.variables" (dict "maps" (list $own .Values.config $chosen)) -}}
{{- end }}

{{/* Not empty if the local disk cache is on. */}}
{{- define "marquee.hasDisk" -}}
{{- if eq (toString .Values.renderer.config.EXTERNAL_CACHE_ONLY) "false" }}true{{ end -}}
{{- end }}

{{/* Larger than the whole cache: a pod that fills its emptyDir is evicted. */}}
{{- define "marquee.diskSize" -}}
{{- add (div (mul 5 (int .Values.renderer.config.CACHE_DIR_MAX_MB)) 4) 64 -}}Mi
{{- end }}

{{- define "marquee.gatewaySecrets" -}}
DATABASE_URL REDIS_URL JWT_SECRET ADMIN_USERNAME ADMIN_PASSWORD
{{- end }}
{{- define "marquee.rendererSecrets" -}}
DATABASE_URL REDIS_URL TMDB_API_KEY MDBLIST_API_KEY OMDB_API_KEY FANART_API_KEY TRAKT_CLIENT_ID AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
{{- if .Values.renderer.config.CLOUDFLARE_ZONE_ID }} CLOUDFLARE_API_TOKEN{{ end -}}
{{- end }}
{{- define "marquee.requiredSecrets" -}}
DATABASE_URL REDIS_URL JWT_SECRET TMDB_API_KEY
{{- end }}

{{/* Variables whose values come from Secrets. Takes (dict "root" . "names" "A B" "own" "the chart's own Secret"). */}}
{{- define "marquee.secretVariables" -}}
{{- $secrets := .root.Values.secrets -}}
{{- $own := .own -}}
{{- $required := splitList " " (include "marquee.requiredSecrets" .root) -}}
{{- range $name := splitList " " .names }}
{{- $chosen := get $secrets $name }}
{{- $outside := $chosen.existingSecret | default $secrets.existingSecret }}
{{- if and $chosen.value $chosen.existingSecret }}
{{- fail (printf "secrets.%s has both a value and an existingSecret; set only one of them." $name) }}
{{- end }}
{{- if or $chosen.value $outside }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $chosen.value | empty | ternary $outside $own }}
      key: {{ $chosen.value | empty | ternary ($chosen.key | default $name) $name }}
      {{- if and (not $chosen.value) (not $chosen.existingSecret) (not (has $name $required)) }}
      optional: true
      {{- end }}
{{- else if has $name $required }}
{{- fail (printf "secrets.%s is required: give a value, or name an existingSecret that contains it." $name) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The secrets that were given as values, for the chart's own Secret. Takes (dict "root" . "names" "A B"). */}}
{{- define "marquee.givenSecrets" -}}
{{- $given := dict -}}
{{- range $name := splitList " " .names -}}
{{- with (get $.root.Values.secrets $name).value }}{{ $_ := set $given $name . }}{{ end -}}
{{- end -}}
{{- if $given }}{{ toYaml $given }}{{ end -}}
{{- end }}
{{- define "marquee.allSecrets" -}}
{{- $gateway := splitList " " (include "marquee.gatewaySecrets" .) -}}
{{- $renderer := splitList " " (include "marquee.rendererSecrets" .) -}}
{{- concat $gateway $renderer | uniq | join " " -}}
{{- end }}
