{{/*
Whose stores the check asks for: a renderer's, which are all. Before the first installation there is no service account
yet, so where the bucket is reached through a role of one that the chart creates, those of a gateway: all but the bucket.
*/}}
{{- define "marquee.checkProgram" -}}
{{- $account := .Values.serviceAccount -}}
{{- and $account.create (not (empty $account.annotations)) | ternary "gateway" "renderer" -}}
{{- end }}

{{- define "marquee.checkVariables" -}}
{{- include (printf "marquee.%sVariables" (include "marquee.checkProgram" .)) . -}}
{{- end }}

{{- define "marquee.checkSecrets" -}}
{{- include (printf "marquee.%sSecrets" (include "marquee.checkProgram" .)) . -}}
{{- end }}

{{/* The annotations of a hook. Takes its weight: what it needs comes before it. */}}
{{- define "marquee.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
